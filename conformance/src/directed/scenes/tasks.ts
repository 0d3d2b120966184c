/** Scenes of the operations on tasks: sleep, raise, call, spawn, await, cancel, gather, wait. */
import type { ObjectSpec, Op } from "../../program.ts";
import {
  attempt,
  awaiting,
  awaitingFor,
  call,
  cancel,
  caught,
  gather,
  gatherCalls,
  gatherTasks,
  hop,
  hops,
  raise,
  set,
  setException,
  setResult,
  sleep,
  spawn,
  spawnEagerly,
  wait,
  waitEvent,
} from "../ops.ts";
import { type Scene, scenesOf } from "../scene.ts";

const objects: Readonly<Record<string, ObjectSpec>> = { e: { kind: "event" }, fut: { kind: "future" } };

/** What other tasks do meanwhile. Those that wait go on when the event is set. */
const functions: Readonly<Record<string, readonly Op[]>> = {
  waits: [waitEvent("e")],
  cleansUp: [attempt([waitEvent("e")], { finally: [hop, sleep(1)] })],
  cleansUpBadly: [attempt([waitEvent("e")], { finally: [hop, raise("E1")] })],
  fails: [waitEvent("e"), raise("E1")],
  failsAtOnce: [raise("E2")],
  ends: [],
  outer: [attempt([call("inner")], { finally: [hop] })],
  inner: [attempt([call("waits")], { finally: [sleep(1)] })],
};

const others = { objects, functions };

const sleeping: readonly Scene[] = [
  ...scenesOf("sleep", {
    "for one iteration": { ops: [hop], ends: 0 },
    "for 2 ms": { ops: [sleep(2)], ends: 2 },
  }),
  ...scenesOf("raise", {
    "an error": { ops: [raise("E1")], ends: 0 },
    "an error that is caught": { ops: [attempt([raise("E1")], { catch: [sleep(1)] })], ends: 1 },
  }),
  ...scenesOf("call", {
    "a function that waits": { ...others, ops: [call("waits")], ends: [set("e")] },
    "functions three deep, each with a cleanup": { ...others, ops: [call("outer")], ends: [set("e")] },
    "a function that fails": { ...others, ops: [call("fails")], ends: [set("e")] },
    "a function that ends at once": { ...others, ops: [call("ends")], ends: 0 },
  }),
];

const spawning: readonly Scene[] = [
  ...scenesOf("spawn", {
    "a task that waits": { ...others, ops: [spawn("waits", "t")], ends: [set("e")] },
    "an eager task that waits": { ...others, ops: [spawnEagerly("waits", "t")], ends: [set("e")] },
    "an eager task that ends at once": { ...others, ops: [spawnEagerly("ends", "t")], ends: 0 },
    "a task that fails": { ...others, ops: [spawn("failsAtOnce", "t")], ends: 0 },
  }),
  ...scenesOf("cancel", {
    "a task that waits": { ...others, given: [spawn("cleansUp", "t"), ...hops(2)], ops: [cancel("t")], ends: 0 },
    "a task before its first step": { ...others, ops: [spawn("waits", "t"), cancel("t")], ends: 0 },
    "a task twice": { ...others, given: [spawn("cleansUp", "t"), hop], ops: [cancel("t"), cancel("t")], ends: 0 },
    "a task that is done": { ...others, given: [spawn("ends", "t"), hop], ops: [cancel("t")], ends: 0 },
    "a task whose cleanup fails": {
      ...others,
      given: [spawn("cleansUpBadly", "t"), hop],
      ops: [cancel("t"), awaiting("t")],
      ends: 0,
    },
    "a future": { ...others, ops: [cancel("fut"), awaiting("fut")], ends: 0 },
    "a name that was never given": { ...others, ops: [cancel("t")], ends: 0 },
  }),
];

const awaitingOthers: readonly Scene[] = scenesOf("await", {
  "a running task": { ...others, given: [spawn("waits", "t")], ops: [awaiting("t")], ends: [set("e")] },
  "a running task that will fail": { ...others, given: [spawn("fails", "t")], ops: [awaiting("t")], ends: [set("e")] },
  "a task with a long cleanup": { ...others, given: [spawn("cleansUp", "t")], ops: [awaiting("t")], ends: [set("e")] },
  "a task with a failing cleanup": {
    ...others,
    given: [spawn("cleansUpBadly", "t")],
    ops: [awaiting("t")],
    ends: [set("e")],
  },
  "a task that somebody else cancels": {
    ...others,
    given: [spawn("waits", "t")],
    ops: [awaiting("t")],
    ends: [cancel("t")],
  },
  "a task that is being cancelled": {
    ...others,
    given: [spawn("cleansUp", "t"), hop, cancel("t")],
    ops: [awaiting("t")],
    ends: 1,
  },
  "a cancelled task, the error caught": {
    ...others,
    given: [spawn("waits", "t"), hop, cancel("t"), ...hops(2)],
    ops: [caught(awaiting("t")), sleep(1)],
    ends: 1,
  },
  "a done task": { ...others, given: [spawn("ends", "t"), ...hops(2)], ops: [awaiting("t")], ends: 0 },
  "a failed task": { ...others, given: [spawn("failsAtOnce", "t"), ...hops(2)], ops: [awaiting("t")], ends: 0 },
  "a cancelled task": { ...others, given: [spawn("waits", "t"), cancel("t"), hop], ops: [awaiting("t")], ends: 0 },
  "a future": { ...others, ops: [awaiting("fut")], ends: [setResult("fut", 7)] },
  "a future that will fail": { ...others, ops: [awaiting("fut")], ends: [setException("fut", "E3")] },
  "a future that is cancelled": { ...others, ops: [awaiting("fut")], ends: [cancel("fut")] },
  "a done future": { ...others, given: [setResult("fut", 7)], ops: [awaiting("fut")], ends: 0 },
  "the task itself": { ...others, ops: [awaiting("self")], ends: 0 },
});

const awaitingInTime: readonly Scene[] = scenesOf("awaitFor", {
  "a task that ends in time": { ...others, given: [spawn("waits", "t")], ops: [awaitingFor("t", 3)], ends: [set("e")] },
  "a task that does not": { ...others, given: [spawn("waits", "t")], ops: [caught(awaitingFor("t", 2))], ends: 2 },
  "a task with a long cleanup": { ...others, given: [spawn("cleansUp", "t")], ops: [awaitingFor("t", 2)], ends: 2 },
  "a task with a failing cleanup": {
    ...others,
    given: [spawn("cleansUpBadly", "t")],
    ops: [awaitingFor("t", 2)],
    ends: 2,
  },
  "a task that will fail": { ...others, given: [spawn("fails", "t")], ops: [awaitingFor("t", 2)], ends: [set("e")] },
  "a task that somebody else cancels": {
    ...others,
    given: [spawn("waits", "t")],
    ops: [awaitingFor("t", 2)],
    ends: [cancel("t")],
  },
  "a future": { ...others, ops: [awaitingFor("fut", 2)], ends: [setResult("fut", 7)] },
  "a future that nobody completes": { ...others, ops: [awaitingFor("fut", 2)], ends: 2 },
  "for ever": { ...others, given: [spawn("waits", "t")], ops: [awaitingFor("t", -1)], ends: [set("e")] },
  "a done task": { ...others, given: [spawn("ends", "t"), ...hops(2)], ops: [awaitingFor("t", 2)], ends: 0 },
});

const running = { ...others, given: [spawn("waits", "t"), spawn("waits", "u")] };
const waitsAndFails = { ...others, given: [spawn("waits", "t"), spawn("fails", "u")] };
const doneOnes = { ...others, given: [spawn("ends", "t"), spawn("failsAtOnce", "u"), ...hops(2)] };

const gathering: readonly Scene[] = scenesOf("gather", {
  nothing: { ops: [gather([])], ends: 0 },
  "functions that wait": { ...others, ops: [gatherCalls("waits", "cleansUp")], ends: [set("e")] },
  "functions of which one fails": { ...others, ops: [gatherCalls("cleansUp", "failsAtOnce", "ends")], ends: 1 },
  "functions that fail together": { ...others, ops: [gatherCalls("fails", "fails")], ends: [set("e")] },
  "a function whose cleanup fails": { ...others, ops: [gatherCalls("cleansUpBadly", "waits")], ends: [set("e")] },
  "running tasks": { ...running, ops: [gatherTasks("t", "u")], ends: [set("e")] },
  "the same task twice": { ...running, ops: [gatherTasks("t", "t")], ends: [set("e")] },
  "a running task that somebody else cancels": { ...running, ops: [gatherTasks("t", "u")], ends: [cancel("t")] },
  "done tasks": { ...doneOnes, ops: [gatherTasks("t", "u")], ends: 0 },
  "a task and a future": { ...running, ops: [gatherTasks("t", "fut")], ends: [set("e"), setResult("fut", 7)] },
  "gathers of gathers": {
    ...others,
    ops: [
      gather([
        { gather: { items: [{ function: "waits" }, { function: "cleansUp" }], returnExceptions: false } },
        { gather: { items: [{ function: "fails" }], returnExceptions: true } },
      ]),
    ],
    ends: [set("e")],
  },
  "functions, errors returned": {
    ...others,
    ops: [gather([{ function: "waits" }, { function: "failsAtOnce" }, { function: "cleansUp" }], true)],
    ends: [set("e")],
  },
  "tasks of which one is cancelled, errors returned": {
    ...running,
    ops: [gather([{ task: "t" }, { task: "u" }], true)],
    ends: [cancel("t"), set("e")],
  },
  "a failing gather, errors returned": {
    ...others,
    ops: [
      gather([{ gather: { items: [{ function: "fails" }, { function: "waits" }], returnExceptions: false } }], true),
    ],
    ends: [set("e")],
  },
});

const waiting: readonly Scene[] = scenesOf("wait", {
  "for all": { ...running, ops: [wait(["t", "u"], "all-completed")], ends: [set("e")] },
  "for all, one fails": { ...waitsAndFails, ops: [wait(["t", "u"], "all-completed")], ends: [set("e")] },
  "for the first": { ...waitsAndFails, ops: [wait(["t", "u"], "first-completed")], ends: [set("e")] },
  "for the first, which is cancelled": {
    ...running,
    ops: [wait(["t", "u"], "first-completed")],
    ends: [cancel("u")],
  },
  "for the first error": { ...waitsAndFails, ops: [wait(["t", "u"], "first-exception")], ends: [set("e")] },
  "for the first error, without one": { ...running, ops: [wait(["t", "u"], "first-exception")], ends: [set("e")] },
  "for done tasks": { ...doneOnes, ops: [wait(["t", "u"], "all-completed")], ends: 0 },
  "for 2 ms": { ...running, ops: [wait(["t", "u"], "all-completed", 2)], ends: 2 },
  "for 0 ms": { ...running, ops: [wait(["t", "u"], "first-completed", 0)], ends: 0 },
  "for a task and a future": { ...running, ops: [wait(["fut", "t"], "first-completed")], ends: [setResult("fut", 7)] },
});

export const taskScenes: readonly Scene[] = [
  ...sleeping,
  ...spawning,
  ...awaitingOthers,
  ...awaitingInTime,
  ...gathering,
  ...waiting,
];
