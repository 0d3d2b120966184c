/** Operations in few words, for programs that people write. */
import type { GatherItem, Give, Op, StreamOp } from "../program.ts";

type Ops = readonly Op[];

export const sleep = (ms: number): Op => ({ op: "sleep", ms });
/** One iteration. */
export const hop: Op = sleep(0);
export const hops = (count: number): Ops => Array.from({ length: count }, () => hop);
export const raise = (error: string): Op => ({ op: "raise", error });
export const call = (name: string): Op => ({ op: "call", function: name });
export const spawn = (name: string, as: string): Op => ({ op: "spawn", function: name, as, eager: false });
export const spawnEagerly = (name: string, as: string): Op => ({ op: "spawn", function: name, as, eager: true });
export const awaiting = (task: string): Op => ({ op: "await", task });
export const awaitingFor = (task: string, ms: number): Op => ({ op: "awaitFor", task, ms });
export const cancel = (task: string): Op => ({ op: "cancel", task });
export const gather = (items: readonly GatherItem[], returnExceptions = false): Op => ({
  op: "gather",
  items,
  returnExceptions,
});
export const gatherCalls = (...names: readonly string[]): Op => gather(names.map((name) => ({ function: name })));
export const gatherTasks = (...names: readonly string[]): Op => gather(names.map((task) => ({ task })));
export const wait = (
  tasks: readonly string[],
  returnWhen: "all-completed" | "first-completed" | "first-exception",
  ms = -1,
): Op => ({ op: "wait", tasks, returnWhen, ms });

export const timeout = (as: string, ms: number, ...body: Ops): Op => ({ op: "timeout", as, ms, body });
export const moveOnAfter = (as: string, ms: number, ...body: Ops): Op => ({ op: "moveOnAfter", as, ms, body });
export const reschedule = (scope: string, ms: number): Op => ({ op: "reschedule", scope, ms });
export const group = (as: string, ...body: Ops): Op => ({ op: "group", as, body });
export const child = (of: string, name: string, as: string, eager = false): Op => ({
  op: "child",
  group: of,
  function: name,
  as,
  eager,
});
export const attempt = (body: Ops, handlers: { readonly catch?: Ops; readonly finally?: Ops }): Op => ({
  op: "try",
  body,
  ...handlers,
});
/** Its errors are nobody's concern. */
export const caught = (...body: Ops): Op => attempt(body, { catch: [] });

export const acquire = (object: string): Op => ({ op: "acquire", object });
export const release = (object: string): Op => ({ op: "release", object });
export const holding = (object: string, ...body: Ops): Op => ({ op: "with", object, body });
export const set = (event: string): Op => ({ op: "set", event });
export const clear = (event: string): Op => ({ op: "clear", event });
export const waitEvent = (event: string): Op => ({ op: "waitEvent", event });
export const waitCondition = (condition: string): Op => ({ op: "waitCondition", condition });
export const waitFor = (condition: string, event: string): Op => ({ op: "waitFor", condition, event });
export const notify = (condition: string, count = 1): Op => ({ op: "notify", condition, count });
export const notifyAll = (condition: string): Op => ({ op: "notifyAll", condition });
export const waitBarrier = (barrier: string): Op => ({ op: "waitBarrier", barrier });
export const reset = (barrier: string): Op => ({ op: "reset", barrier });
export const abort = (barrier: string): Op => ({ op: "abort", barrier });
export const setResult = (future: string, value: number): Op => ({ op: "setResult", future, value });
export const setException = (future: string, error: string): Op => ({ op: "setException", future, error });
export const setVariable = (variable: string, value: number): Op => ({ op: "setVariable", variable, value });
export const getVariable = (variable: string): Op => ({ op: "getVariable", variable });

export const put = (queue: string, value: number): Op => ({ op: "put", queue, value });
export const putNowait = (queue: string, value: number): Op => ({ op: "putNowait", queue, value });
export const get = (queue: string): Op => ({ op: "get", queue });
export const getNowait = (queue: string): Op => ({ op: "getNowait", queue });
export const taskDone = (queue: string): Op => ({ op: "taskDone", queue });
export const join = (queue: string): Op => ({ op: "join", queue });
export const shutdown = (queue: string, immediate = false): Op => ({ op: "shutdown", queue, immediate });

export const open = (stream: string, as: string): Op => ({ op: "open", stream, as });
export const next = (reader: string): Op => ({ op: "next", reader });
export const close = (reader: string): Op => ({ op: "close", reader });
export const forEach = (stream: string, most: number, ...body: Ops): Op => ({ op: "forEach", stream, most, body });
export const give = (value: number): Give => ({ op: "give", value });
export const giving = (body: readonly (Op | Give)[], cleanup: Ops): StreamOp => ({
  op: "giving",
  body,
  finally: cleanup,
});
