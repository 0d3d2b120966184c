/** How many permits were free, and how many items there were, when a trace began. */
import type { Trace } from "../format/reader.ts";
import { ACQUIRED, GOT, PUT, RELEASED } from "../format/schema.ts";
import type { Store } from "./program.ts";

/** Read off what was taken and given back: more than there is can't have been. */
export function storesOf({ count, type, a, resources, meta, lost }: Trace): Store[] {
  const balance = new Int32Array(resources.length); // held permits, or items
  const least = new Int32Array(resources.length);
  const most = new Int32Array(resources.length);
  const isQueue = new Uint8Array(resources.length);
  for (let i = 0; i < count; i++) {
    const kind = type[i];
    const resource = a[i] as number;
    if (resource >= resources.length) continue;
    if (kind === ACQUIRED || kind === PUT) balance[resource] = (balance[resource] as number) + 1;
    else if (kind === RELEASED || kind === GOT) balance[resource] = (balance[resource] as number) - 1;
    else continue;
    if (kind === PUT || kind === GOT) isQueue[resource] = 1;
    const now: number = balance[resource] ?? 0;
    if (now < (least[resource] as number)) least[resource] = now;
    if (now > (most[resource] as number)) most[resource] = now;
  }
  const whole = meta.last === undefined && lost === 0;
  return resources.map((resource, number) => {
    const lowest = least[number] as number;
    const highest = most[number] as number;
    if (isQueue[number] === 1) return { resource, initial: -lowest, room: room(resource.capacity, highest - lowest) };
    const capacity = resource.capacity ?? (resource.kind === "Lock" ? 1 : Math.max(1, highest));
    const free = whole ? capacity : capacity + lowest;
    return { resource, initial: Math.max(free, highest, 0), room: 0 };
  });
}

/** 0 where more was put in than there should be room for: then it is not known. */
function room(capacity: number | undefined, held: number): number {
  return capacity === undefined || !Number.isFinite(capacity) || capacity < held ? 0 : capacity;
}
