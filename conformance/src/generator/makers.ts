/** How each operation is made up. Most are used as they are meant to be, some as they are not. */
import type { GatherItem, Gathering, Op } from "../program.ts";
import type { Draft, Makers, Place } from "./draft.ts";

/** Few names, so that they mean something when they are used; more than are ever given, so that some mean nothing. */
const TASKS = ["t1", "t2", "t3", "t4"];
const SCOPES = ["x1", "x2"];
const GROUPS = ["g1", "g2"];
const READERS = ["r1", "r2"];
const ERRORS = ["E1", "E2", "E3", "E4"];

const DEEPEST_GATHER = 2;

/** A task or a future. */
function awaited(draft: Draft): string {
  const { future } = draft.swarm.names;
  if (future.length === 0 || !draft.dice.chance(25)) return draft.dice.pick(TASKS);
  const name = draft.dice.pick(future);
  draft.want({ op: "try", body: [{ op: "setResult", future: name, value: 0 }], catch: [] });
  return name;
}

/** Most errors are caught somewhere. */
function mostlyCaught(draft: Draft, op: Op): readonly Op[] {
  return draft.dice.chance(60) ? [{ op: "try", body: [op], catch: [] }] : [op];
}

/** Most conditions are used with their lock held. */
function mostlyHeld(draft: Draft, object: string, op: Op): readonly Op[] {
  return draft.dice.chance(85) ? [{ op: "with", object, body: [op] }] : [op];
}

function gathering(draft: Draft, place: Place, depth: number): Gathering {
  const items: GatherItem[] = [];
  const count = draft.dice.between(0, 3);
  for (let i = 0; i < count; i++) {
    const item = gatherItem(draft, place, depth);
    if (item !== undefined) items.push(item);
  }
  return { items, returnExceptions: draft.dice.chance(40) };
}

function gatherItem(draft: Draft, place: Place, depth: number): GatherItem | undefined {
  const roll = draft.dice.between(1, 10);
  if (roll <= 2 && depth < DEEPEST_GATHER) return { gather: gathering(draft, place, depth + 1) };
  if (roll <= 5) return { task: awaited(draft) };
  const name = draft.function(place);
  return name === undefined ? undefined : { function: name };
}

/** Somebody else, after some time; or oneself. */
function cancelling(draft: Draft): readonly Op[] {
  const { dice } = draft;
  if (dice.chance(20)) return [{ op: "cancel", task: "self" }];
  const cancel: Op = { op: "cancel", task: awaited(draft) };
  if (dice.chance(40)) return [cancel];
  const waits: Op[] = Array.from({ length: dice.between(1, 3) }, () => ({ op: "sleep", ms: 0 }));
  return dice.chance(30) ? [{ op: "sleep", ms: draft.time() }, cancel] : [...waits, cancel];
}

function attempt(draft: Draft, place: Place): Op {
  const body = draft.body(place);
  const handlers = draft.dice.pick(["catch", "finally", "both"]);
  if (handlers === "catch") return { op: "try", body, catch: draft.body(place) };
  if (handlers === "finally") return { op: "try", body, finally: draft.body(place) };
  return { op: "try", body, catch: draft.body(place), finally: draft.body(place) };
}

/** Reading what was not opened is rare: so most operations on a reader open it when nobody has. */
function reading(draft: Draft, place: Place, op: "next" | "close"): readonly Op[] {
  const reader = draft.dice.pick(READERS);
  const stream = draft.dice.chance(50) ? draft.stream(place) : undefined;
  const read: Op = { op, reader };
  return stream === undefined ? [read] : [{ op: "open", stream, as: reader }, { op: "next", reader }, read];
}

export const makers: Makers = {
  sleep: (draft) => [{ op: "sleep", ms: draft.time() }],
  raise: (draft) => mostlyCaught(draft, { op: "raise", error: draft.dice.pick(ERRORS) }),
  call(draft, place) {
    const name = draft.function(place);
    return name === undefined ? undefined : [{ op: "call", function: name }];
  },
  spawn(draft, place) {
    const name = draft.function(place);
    if (name === undefined) return undefined;
    return [{ op: "spawn", function: name, as: draft.dice.pick(TASKS), eager: draft.dice.chance(15) }];
  },
  await: (draft) => mostlyCaught(draft, { op: "await", task: draft.dice.chance(3) ? "self" : awaited(draft) }),
  awaitFor(draft) {
    const ms = draft.dice.chance(10) ? -1 : draft.time();
    return mostlyCaught(draft, { op: "awaitFor", task: awaited(draft), ms });
  },
  cancel: cancelling,
  gather: (draft, place) => [{ op: "gather", ...gathering(draft, place, 0) }],
  wait: (draft) => {
    const { dice } = draft;
    const tasks = dice.some([...TASKS, ...draft.swarm.names.future], 50);
    const returnWhen = dice.pick(["all-completed", "first-completed", "first-exception"] as const);
    return [{ op: "wait", tasks, returnWhen, ms: dice.chance(50) ? -1 : draft.time() }];
  },

  timeout: (draft, place) =>
    mostlyCaught(draft, { op: "timeout", as: draft.dice.pick(SCOPES), ms: draft.time(), body: draft.body(place) }),
  moveOnAfter: (draft, place) => [
    { op: "moveOnAfter", as: draft.dice.pick(SCOPES), ms: draft.time(), body: draft.body(place) },
  ],
  reschedule: (draft) => [{ op: "reschedule", scope: draft.dice.pick(SCOPES), ms: draft.time() }],
  group: (draft, place) => [{ op: "group", as: draft.dice.pick(GROUPS), body: draft.body(place) }],
  child(draft, place) {
    const { dice } = draft;
    const name = draft.function(place);
    if (name === undefined) return undefined;
    const child: Op = {
      ...{ op: "child", group: dice.pick(GROUPS), function: name },
      ...{ as: dice.pick(TASKS), eager: dice.chance(15) },
    };
    return dice.chance(40) ? [{ op: "group", as: child.group, body: [child, ...draft.body(place)] }] : [child];
  },
  try: (draft, place) => [attempt(draft, place)],

  acquire(draft, place) {
    const object = draft.name("holder");
    const acquire: Op = { op: "acquire", object };
    const release: Op = { op: "release", object };
    if (draft.dice.chance(30)) draft.want({ op: "try", body: [release], catch: [] });
    return draft.dice.chance(30) ? [acquire] : [acquire, ...draft.body(place), release];
  },
  release: (draft) => [{ op: "release", object: draft.name("holder") }],
  with: (draft, place) => [{ op: "with", object: draft.name("holder"), body: draft.body(place) }],
  set: (draft) => [{ op: "set", event: draft.name("event") }],
  clear: (draft) => [{ op: "clear", event: draft.name("event") }],
  waitEvent(draft) {
    const event = draft.name("event");
    draft.want({ op: "set", event });
    return [{ op: "waitEvent", event }];
  },
  waitCondition(draft) {
    const condition = draft.name("condition");
    draft.want({ op: "with", object: condition, body: [{ op: "notify", condition, count: 1 }] });
    return mostlyHeld(draft, condition, { op: "waitCondition", condition });
  },
  waitFor(draft) {
    const condition = draft.name("condition");
    const event = draft.name("event");
    draft.want({
      op: "with",
      object: condition,
      body: [
        { op: "set", event },
        { op: "notifyAll", condition },
      ],
    });
    return mostlyHeld(draft, condition, { op: "waitFor", condition, event });
  },
  notify(draft) {
    const condition = draft.name("condition");
    return mostlyHeld(draft, condition, { op: "notify", condition, count: draft.dice.between(1, 2) });
  },
  notifyAll(draft) {
    const condition = draft.name("condition");
    return mostlyHeld(draft, condition, { op: "notifyAll", condition });
  },
  waitBarrier(draft) {
    const barrier = draft.name("barrier");
    if (draft.dice.chance(50)) draft.want({ op: "waitBarrier", barrier });
    return [{ op: "waitBarrier", barrier }];
  },
  reset: (draft) => [{ op: "reset", barrier: draft.name("barrier") }],
  abort: (draft) => [{ op: "abort", barrier: draft.name("barrier") }],
  setResult: (draft) =>
    mostlyCaught(draft, { op: "setResult", future: draft.name("future"), value: draft.dice.between(1, 9) }),
  setException: (draft) =>
    mostlyCaught(draft, { op: "setException", future: draft.name("future"), error: draft.dice.pick(ERRORS) }),
  setVariable: (draft) => [{ op: "setVariable", variable: draft.name("variable"), value: draft.dice.between(1, 9) }],
  getVariable: (draft) => [{ op: "getVariable", variable: draft.name("variable") }],

  put(draft) {
    const queue = draft.name("queue");
    draft.want({ op: "try", body: [{ op: "getNowait", queue }], catch: [] });
    return [{ op: "put", queue, value: draft.dice.between(1, 9) }];
  },
  putNowait: (draft) =>
    mostlyCaught(draft, { op: "putNowait", queue: draft.name("queue"), value: draft.dice.between(1, 9) }),
  get(draft) {
    const queue = draft.name("queue");
    const get: Op = { op: "get", queue };
    draft.want({ op: "try", body: [{ op: "putNowait", queue, value: draft.dice.between(1, 9) }], catch: [] });
    return draft.dice.chance(40) ? [get, { op: "taskDone", queue }] : [get];
  },
  getNowait: (draft) => mostlyCaught(draft, { op: "getNowait", queue: draft.name("queue") }),
  taskDone: (draft) => mostlyCaught(draft, { op: "taskDone", queue: draft.name("queue") }),
  join(draft) {
    const queue = draft.name("queue");
    draft.want({ op: "try", body: [{ op: "taskDone", queue }], catch: [] });
    return draft.dice.chance(60)
      ? [
          { op: "put", queue, value: 0 },
          { op: "join", queue },
        ]
      : [{ op: "join", queue }];
  },
  shutdown: (draft) => [{ op: "shutdown", queue: draft.name("queue"), immediate: draft.dice.chance(40) }],

  open(draft, place) {
    const stream = draft.stream(place);
    return stream === undefined ? undefined : [{ op: "open", stream, as: draft.dice.pick(READERS) }];
  },
  next: (draft, place) => reading(draft, place, "next"),
  close: (draft, place) => reading(draft, place, "close"),
  forEach(draft, place) {
    const stream = draft.stream(place);
    if (stream === undefined) return undefined;
    const times = draft.gives.get(stream) ?? 0;
    return [{ op: "forEach", stream, most: draft.dice.between(0, 3), body: draft.body(place, times) }];
  },
};
