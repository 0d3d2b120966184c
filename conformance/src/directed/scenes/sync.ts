/** Scenes of the locks, events, conditions, barriers, futures and variables. */
import type { ObjectSpec, Op } from "../../program.ts";
import {
  abort,
  acquire,
  awaiting,
  caught,
  clear,
  getVariable,
  holding,
  hop,
  hops,
  notify,
  notifyAll,
  release,
  reset,
  set,
  setException,
  setResult,
  setVariable,
  sleep,
  spawn,
  waitBarrier,
  waitCondition,
  waitEvent,
  waitFor,
} from "../ops.ts";
import { type Scene, scenesOf } from "../scene.ts";

const KINDS: Readonly<Record<string, ObjectSpec>> = {
  lock: { kind: "lock" },
  semaphore: { kind: "semaphore", permits: 1 },
  bounded: { kind: "bounded-semaphore", permits: 1 },
  condition: { kind: "condition" },
};

/** A scene of each kind of holder: all are named "o" in it. */
function eachKind(
  operation: Scene["operation"],
  state: string,
  scene: Omit<Scene, "operation" | "state">,
): readonly Scene[] {
  return Object.entries(KINDS).flatMap(([kind, spec]) =>
    scenesOf(operation, { [`a ${kind} ${state}`]: { ...scene, objects: { o: spec, ...scene.objects } } }),
  );
}

const waiter: Readonly<Record<string, readonly Op[]>> = { waiter: [holding("o", sleep(1))] };

const holders: readonly Scene[] = [
  ...eachKind("acquire", "that is free", { ops: [acquire("o"), release("o")], ends: 0 }),
  ...eachKind("acquire", "that is held", {
    given: [acquire("o")],
    ops: [acquire("o"), release("o")],
    ends: [release("o")],
  }),
  ...eachKind("acquire", "that another waits for", {
    functions: waiter,
    given: [acquire("o"), spawn("waiter", "t"), hop],
    ops: [acquire("o"), release("o")],
    ends: [release("o")],
  }),
  ...scenesOf("acquire", {
    "a semaphore that gets two permits": {
      objects: { o: { kind: "semaphore", permits: 0 } },
      functions: waiter,
      given: [spawn("waiter", "t"), hop],
      ops: [acquire("o"), release("o")],
      ends: [release("o"), release("o")],
    },
  }),
  ...eachKind("release", "that is held", { given: [acquire("o")], ops: [release("o")], ends: 0 }),
  ...eachKind("release", "that is not held", { ops: [release("o")], ends: 0 }),
  ...eachKind("release", "that another waits for", {
    functions: waiter,
    given: [acquire("o"), spawn("waiter", "t"), hop],
    ops: [release("o"), acquire("o"), release("o")],
    ends: 1,
  }),
  ...eachKind("with", "that is free", { ops: [holding("o", sleep(1))], ends: 1 }),
  ...eachKind("with", "that is held", { given: [acquire("o")], ops: [holding("o", hop)], ends: [release("o")] }),
  ...scenesOf("with", {
    "a lock that the body gives back": { objects: { o: { kind: "lock" } }, ops: [holding("o", release("o"))], ends: 0 },
  }),
];

const e: Readonly<Record<string, ObjectSpec>> = { e: { kind: "event" } };
const eventWaiter: Readonly<Record<string, readonly Op[]>> = { waiter: [waitEvent("e"), clear("e")] };

const events: readonly Scene[] = [
  ...scenesOf("waitEvent", {
    "unset, then set": { objects: e, ops: [waitEvent("e")], ends: [set("e")] },
    "unset, then set and cleared": { objects: e, ops: [waitEvent("e")], ends: [set("e"), clear("e")] },
    set: { objects: e, given: [set("e")], ops: [waitEvent("e")], ends: 0 },
  }),
  ...scenesOf("set", {
    "with one that waits": {
      objects: e,
      functions: eventWaiter,
      given: [spawn("waiter", "t"), hop],
      ops: [set("e"), waitEvent("e")],
      ends: 0,
    },
    "when it is set": { objects: e, given: [set("e")], ops: [set("e")], ends: 0 },
  }),
  ...scenesOf("clear", {
    "with one that was just woken": {
      objects: e,
      functions: eventWaiter,
      given: [spawn("waiter", "t"), hop, set("e")],
      ops: [clear("e")],
      ends: 0,
    },
    "when it is unset": { objects: e, ops: [clear("e"), waitEvent("e")], ends: [set("e")] },
  }),
];

const c: Readonly<Record<string, ObjectSpec>> = { c: { kind: "condition" }, e: { kind: "event" } };
const notifies = [acquire("c"), notify("c"), release("c")];
const conditionWaiters: Readonly<Record<string, readonly Op[]>> = {
  waiter: [holding("c", waitCondition("c"), hop)],
  holder: [holding("c", sleep(1))],
};
const oneWaits = { objects: c, functions: conditionWaiters, given: [spawn("waiter", "t"), hop] };

const conditions: readonly Scene[] = [
  ...scenesOf("waitCondition", {
    "until it is notified": { objects: c, ops: [holding("c", waitCondition("c"))], ends: notifies },
    "until it is notified, by one who goes on holding the lock": {
      objects: c,
      ops: [holding("c", waitCondition("c"))],
      ends: [acquire("c"), notify("c"), sleep(1), release("c")],
    },
    "behind another": { ...oneWaits, ops: [holding("c", waitCondition("c"))], ends: notifies },
    "before another": {
      objects: c,
      functions: conditionWaiters,
      ops: [holding("c", spawn("waiter", "t"), waitCondition("c"))],
      ends: [hop, ...notifies],
    },
    "notified while a third waits for the lock": {
      objects: c,
      functions: conditionWaiters,
      ops: [holding("c", waitCondition("c"))],
      ends: [acquire("c"), spawn("holder", "h"), hop, notify("c"), release("c")],
    },
    "without the lock": { objects: c, ops: [waitCondition("c")], ends: 0 },
    "the wait caught": {
      objects: c,
      ops: [holding("c", caught(waitCondition("c")), hop)],
      ends: [acquire("c"), notifyAll("c"), hop, release("c")],
    },
  }),
  ...scenesOf("waitFor", {
    "what is not true yet": {
      objects: c,
      ops: [holding("c", waitFor("c", "e"))],
      ends: [acquire("c"), set("e"), notifyAll("c"), release("c")],
    },
    "what a notification does not make true": {
      objects: c,
      ops: [holding("c", waitFor("c", "e"))],
      ends: [...notifies, hop, hop, acquire("c"), set("e"), notify("c"), release("c")],
    },
    "what is true": { objects: c, given: [set("e")], ops: [holding("c", waitFor("c", "e"))], ends: 0 },
    "without the lock": { objects: c, ops: [waitFor("c", "e")], ends: 0 },
  }),
  ...scenesOf("notify", {
    "one of one": { ...oneWaits, ops: [holding("c", notify("c"), hop)], ends: 0 },
    "one of two": {
      ...oneWaits,
      given: [spawn("waiter", "t"), spawn("waiter", "u"), hop],
      ops: [holding("c", notify("c"), hop)],
      ends: 0,
    },
    nobody: { objects: c, ops: [holding("c", notify("c", 2))], ends: 0 },
    "without the lock": { ...oneWaits, ops: [notify("c")], ends: 0 },
  }),
  ...scenesOf("notifyAll", {
    "of two": {
      ...oneWaits,
      given: [spawn("waiter", "t"), spawn("waiter", "u"), hop],
      ops: [holding("c", notifyAll("c"), hop)],
      ends: 0,
    },
    "without the lock": { ...oneWaits, ops: [notifyAll("c")], ends: 0 },
  }),
];

const bar: Readonly<Record<string, ObjectSpec>> = { bar: { kind: "barrier", parties: 2 } };
const three: Readonly<Record<string, ObjectSpec>> = { bar: { kind: "barrier", parties: 3 } };
const arrives: Readonly<Record<string, readonly Op[]>> = { arrives: [waitBarrier("bar"), hop] };
const oneFills = { objects: bar, functions: arrives, given: [spawn("arrives", "t"), hop] };

const barriers: readonly Scene[] = [
  ...scenesOf("waitBarrier", {
    "of one": { objects: { bar: { kind: "barrier", parties: 1 } }, ops: [waitBarrier("bar")], ends: 0 },
    "that fills": { objects: bar, ops: [waitBarrier("bar")], ends: [waitBarrier("bar")] },
    "that is full": { ...oneFills, ops: [waitBarrier("bar")], ends: 0 },
    "that drains": {
      ...oneFills,
      given: [spawn("arrives", "t"), hop, waitBarrier("bar")],
      ops: [waitBarrier("bar")],
      ends: [waitBarrier("bar")],
    },
    "of three, one there": { ...oneFills, objects: three, ops: [waitBarrier("bar")], ends: [waitBarrier("bar")] },
    "that is reset": { ...oneFills, objects: three, ops: [waitBarrier("bar")], ends: [reset("bar")] },
    "that is aborted": { ...oneFills, objects: three, ops: [waitBarrier("bar")], ends: [abort("bar")] },
    "that is broken": { objects: bar, given: [abort("bar")], ops: [waitBarrier("bar")], ends: 0 },
    twice: {
      objects: bar,
      ops: [waitBarrier("bar"), waitBarrier("bar")],
      ends: [waitBarrier("bar"), waitBarrier("bar")],
    },
  }),
  ...scenesOf("reset", {
    "when nobody waits": { objects: bar, ops: [reset("bar")], ends: 0 },
    "when one waits": { ...oneFills, ops: [reset("bar")], ends: 0 },
    "when it drains": { ...oneFills, ops: [waitBarrier("bar"), reset("bar")], ends: 0 },
    "when it is broken": {
      objects: bar,
      given: [abort("bar")],
      ops: [reset("bar"), waitBarrier("bar")],
      ends: [waitBarrier("bar")],
    },
  }),
  ...scenesOf("abort", {
    "when nobody waits": { objects: bar, ops: [abort("bar")], ends: 0 },
    "when one waits": { ...oneFills, ops: [abort("bar")], ends: 0 },
    "when it drains": { ...oneFills, ops: [waitBarrier("bar"), abort("bar")], ends: 0 },
  }),
];

const fut: Readonly<Record<string, ObjectSpec>> = { fut: { kind: "future" } };
const futureWaiter: Readonly<Record<string, readonly Op[]>> = { waiter: [caught(awaiting("fut")), hop] };
const variable: Readonly<Record<string, ObjectSpec>> = { n: { kind: "variable", value: 1 } };
const oneAwaits = { objects: fut, functions: futureWaiter, given: [spawn("waiter", "t"), hop] };

const values: readonly Scene[] = [
  ...scenesOf("setResult", {
    "that one awaits": { ...oneAwaits, ops: [setResult("fut", 7), awaiting("fut")], ends: 0 },
    twice: { objects: fut, given: [setResult("fut", 7)], ops: [setResult("fut", 8)], ends: 0 },
  }),
  ...scenesOf("setException", {
    "that one awaits": { ...oneAwaits, ops: [setException("fut", "E1"), awaiting("fut")], ends: 0 },
    "after the result": { objects: fut, given: [setResult("fut", 7)], ops: [setException("fut", "E1")], ends: 0 },
  }),
  ...scenesOf("setVariable", {
    "before a task starts": {
      objects: variable,
      functions: { reads: [getVariable("n"), setVariable("n", 5), getVariable("n")] },
      ops: [setVariable("n", 3), spawn("reads", "t"), setVariable("n", 4), ...hops(2), getVariable("n")],
      ends: 0,
    },
  }),
  ...scenesOf("getVariable", {
    "that the starter has set": {
      objects: variable,
      given: [setVariable("n", 2)],
      ops: [getVariable("n"), hop, getVariable("n")],
      ends: [setVariable("n", 9)],
    },
    "that nobody has set": { objects: variable, ops: [getVariable("n")], ends: 0 },
  }),
];

export const syncScenes: readonly Scene[] = [...holders, ...events, ...conditions, ...barriers, ...values];
