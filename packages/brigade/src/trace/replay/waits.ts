/** What ended a wait: another task's end, a permit or an item, somebody's signal, a cancellation, or nothing but time. */
import type { Trace } from "../format/reader.ts";
import { A_RESOURCE, A_TASK, ACQUIRED, GOT, PUT, TICKS, WAITS } from "../format/schema.ts";
import { ACQUIRE, AWAIT, CANCELLATION, GET, JOIN, POOL, type Pool, PUT as PUT_ITEM, SLEEP, YIELD } from "./program.ts";
import { ASKED, BROKEN, type Children, GOES_ON, type Numbers, type TaskStates } from "./tasks.ts";

/** What the reading of a trace knows while it finishes a wait. */
export interface Waits {
  readonly trace: Trace;
  readonly numbers: Numbers;
  readonly states: TaskStates;
  readonly children: Children;
  readonly joins: number[][];
  readonly pools: Pool[];
  /** Children that a task's gather has not started at once, as they do. */
  readonly late: Map<number, number[]>;
  readonly virtual: boolean;
  /** Since when the loop was busy without a pause, and until when. */
  readonly busySince: number;
  readonly busyUntil: number;
  append(task: number, kind: number, arg: number, ticks: number): number;
  endedJustNow(time: number): number;
  timeOf(event: number): number;
}

const WAITS_FOR_CHILDREN = new Set(["gather", "race", "taskGroup", "wait", "asCompleted"]);
const FOR_ALL = new Set(["gather", "race", "taskGroup"]);

/** Whether tasks wait there for others to end, of which a callback tells them. */
export function isJoin({ places }: Trace, place: number): boolean {
  return WAITS_FOR_CHILDREN.has(places[place]?.kind ?? "");
}

const TAKEN: Readonly<Record<number, number>> = { [ACQUIRED]: ACQUIRE, [PUT]: PUT_ITEM, [GOT]: GET };

/**
 * Adds the operation for the wait that the task's step ends. Gives the event of the step that belongs to it (-1: none), or
 * "again" where the task only looked whether its turn had come.
 */
export function finishWait(waits: Waits, task: number, inside: readonly number[], start: number): number | "again" {
  const { states, trace } = waits;
  if ((states.stepEvent[task] as number) < 0) return -1; // its first step
  if (states.cancel[task] === BROKEN) {
    waits.append(task, CANCELLATION, 0, 0);
    states.cancel[task] = GOES_ON;
    return -1;
  }
  // What it waits for has to end first. Held back by a shield, it changes nothing for now.
  const now =
    states.cancel[task] === ASKED && (states.cancelEvent[task] as number) > (states.stepEvent[task] as number);
  if (now && waitsForOthers(waits, task)) states.cancel[task] = GOES_ON;
  if (states.waitsKind[task] === A_RESOURCE && !isJoin(trace, states.place[task] as number)) {
    const answer = finishResource(waits, task, inside);
    if (answer !== undefined) return answer;
  }
  if (!finishJoin(waits, task)) finishOther(waits, task, start);
  return -1;
}

/** Whether what the task waits for has to end before its cancellation goes on. */
function waitsForOthers({ states, trace }: Waits, task: number): boolean {
  return states.waitsKind[task] === A_TASK || isJoin(trace, states.place[task] as number);
}

function finishResource(waits: Waits, task: number, inside: readonly number[]): number | "again" | undefined {
  const { states, trace } = waits;
  const resource = states.waitsFor[task] as number;
  if (states.granted[task] === 1) return -1;
  for (const event of inside) {
    const operation = TAKEN[trace.type[event] as number];
    if (operation === undefined || trace.a[event] !== resource) continue;
    waits.append(task, operation, resource, states.place[task] as number);
    return event;
  }
  // Somebody else was quicker: it stands in the line again.
  const [only] = inside;
  const again = inside.length === 1 && trace.type[only as number] === WAITS && trace.a[only as number] === resource;
  return again ? "again" : undefined;
}

function finishJoin(waits: Waits, task: number): boolean {
  const { states, trace } = waits;
  const event = states.stepEvent[task] as number;
  if (states.waitsKind[task] === A_TASK) {
    const other = waits.numbers.of(states.waitsFor[task] as number);
    if (other === 0 || states.done[other] === 0) return false;
    join(waits, task, [other], 0);
    return true;
  }
  const place = states.place[task] as number;
  if (!isJoin(trace, place)) return false;
  const ended = waits.children.endedSince(task, event, states.done);
  const late = waits.late.get(task) ?? [];
  waits.late.delete(task);
  const last = waits.endedJustNow(states.readyAt[task] as number);
  const all = FOR_ALL.has(trace.places[place]?.kind ?? "") && ended.length > 0;
  if (!all && last === 0) return false;
  if (late.length > 0 && states.waitsKind[task] === A_RESOURCE) {
    join(waits, task, openPool(waits, task, ended, late), 1);
    return true;
  }
  join(waits, task, all ? ended : [last], 1);
  return true;
}

/** The children of a gather with a limit. Those that it starts itself are the last that its task made before it waits. */
function openPool(waits: Waits, task: number, ended: readonly number[], late: readonly number[]): number[] {
  const resource = waits.states.waitsFor[task] as number;
  const limit = waits.trace.resources[resource]?.capacity ?? 1;
  const later = new Set(late);
  const first = ended.filter((child) => !later.has(child)).slice(-limit);
  waits.append(task, POOL, waits.pools.push({ resource, first, late }) - 1, 0);
  return [...first, ...late];
}

function join(waits: Waits, task: number, others: number[], hop: 0 | 1): void {
  waits.append(task, JOIN, waits.joins.push(others) - 1, hop);
}

function finishOther(waits: Waits, task: number, start: number): void {
  const { states } = waits;
  const ready = states.readyAt[task] as number;
  if (ready < 0) {
    waits.append(task, YIELD, 0, 0);
    return;
  }
  const by = states.wokenBy[task] as number;
  if ((states.signal[task] as number) > 0) waits.append(task, AWAIT, states.signal[task] as number, 0);
  else if (by !== 0) join(waits, task, [by], 0);
  else waits.append(task, SLEEP, states.place[task] as number, slept(waits, task, Math.min(ready, start)));
}

/** How long a wait took that only time, or the host, has ended. */
function slept(waits: Waits, task: number, ready: number): number {
  const { states, trace } = waits;
  const began = states.stepEnd[task] as number;
  const took = Math.max(0, ready - began);
  const place = trace.places[states.place[task] as number];
  const asked = place?.kind === "sleep" ? /^(\d+(?:\.\d+)?) ms$/.exec(place.label ?? "") : null;
  if (asked === null || waits.virtual) return took;
  const nominal = Math.round(Number(asked[1]) * TICKS);
  // It was due while others ran: without them it would have gone on then.
  const due = began + nominal;
  return nominal < took && waits.busySince <= due && waits.busyUntil >= due ? nominal : took;
}
