/** The locks, semaphores and queues that tasks wait for, by number, and who holds them. */
import type { Resource } from "../format/schema.ts";
import { LONGEST_TEXT, type Tables } from "../format/writer.ts";

/** One permit that is out. */
export interface Holding {
  /** The number of the task that took it; 0 when that was none. */
  readonly task: number;
  /** The event that tells of it. */
  readonly event: number;
  readonly time: number;
}

/** What a resource may say of itself. */
interface Described {
  readonly name?: unknown;
  readonly capacity?: unknown;
  readonly maxSize?: unknown;
  readonly kind?: unknown;
}

export class Resources {
  readonly #tables: Tables;
  #numbers = new WeakMap<object, number>();
  #generation = 0; // of the tables that the numbers are of
  readonly #holdings = new WeakMap<object, Holding[]>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  number(resource: object): number {
    if (this.#generation !== this.#tables.generation) {
      this.#numbers = new WeakMap();
      this.#generation = this.#tables.generation;
    }
    let number = this.#numbers.get(resource);
    if (number === undefined) {
      number = this.#tables.resources.add(describe(resource));
      this.#numbers.set(resource, number);
    }
    return number;
  }

  took(resource: object, holding: Holding): void {
    const holdings = this.#holdings.get(resource);
    if (holdings) holdings.push(holding);
    else this.#holdings.set(resource, [holding]);
  }

  /** A permit came back from the task: one that it took, or else the oldest. */
  gaveBack(resource: object, task: number): void {
    const holdings = this.#holdings.get(resource);
    if (!holdings) return;
    const own = holdings.findIndex((one) => one.task === task);
    holdings.splice(Math.max(0, own), 1);
    if (holdings.length === 0) this.#holdings.delete(resource);
  }

  /** Who holds it now. */
  holdings(resource: object): readonly Holding[] {
    return this.#holdings.get(resource) ?? [];
  }
}

export function describe(resource: object): Resource {
  const { name, capacity, maxSize, kind } = resource as Described;
  const most = typeof capacity === "number" ? capacity : maxSize;
  return {
    kind: typeof kind === "string" ? kind : resource.constructor.name,
    ...(typeof name === "string" ? { name: name.slice(0, LONGEST_TEXT) } : {}),
    ...(typeof most === "number" && Number.isFinite(most) ? { capacity: most } : {}),
  };
}
