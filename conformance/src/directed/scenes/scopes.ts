/** Scenes of the scopes: timeout, moveOnAfter, reschedule, group, child, try. */
import type { ObjectSpec, Op } from "../../program.ts";
import {
  attempt,
  caught,
  cancel,
  child,
  group,
  hop,
  hops,
  moveOnAfter,
  raise,
  reschedule,
  set,
  sleep,
  spawn,
  timeout,
  waitEvent,
} from "../ops.ts";
import { type Scene, scenesOf } from "../scene.ts";

const objects: Readonly<Record<string, ObjectSpec>> = { e: { kind: "event" } };

const functions: Readonly<Record<string, readonly Op[]>> = {
  waits: [waitEvent("e")],
  cleansUp: [attempt([waitEvent("e")], { finally: [hop, sleep(1)] })],
  cleansUpBadly: [attempt([waitEvent("e")], { finally: [hop, raise("E1")] })],
  fails: [waitEvent("e"), raise("E1")],
  failsAtOnce: [raise("E2")],
  ends: [],
  addsChildren: [child("g", "waits", "a"), attempt([waitEvent("e")], { finally: [child("g", "ends", "b")] })],
  hasTimeout: [caught(timeout("x", 5, waitEvent("e")))],
  keepsGroup: [caught(group("g", waitEvent("e")))],
};

const others = { objects, functions };
const ends = [set("e")];
const cleansUpInBody = attempt([waitEvent("e")], { finally: [hop, sleep(1)] });
const cleansUpBadlyInBody = attempt([waitEvent("e")], { finally: [hop, raise("E1")] });

const timeouts: readonly Scene[] = [
  ...scenesOf("timeout", {
    "in time": { ...others, ops: [timeout("x", 5, waitEvent("e"))], ends },
    expires: { ...others, ops: [timeout("x", 2, waitEvent("e"))], ends: 2 },
    "of 0 ms": { ...others, ops: [timeout("x", 0, waitEvent("e"))], ends: 0 },
    "with a body that takes as long": { ops: [timeout("x", 2, sleep(2))], ends: 2 },
    "with a body that does not wait": { ops: [timeout("x", 0)], ends: 0 },
    "with a cleanup": { ...others, ops: [timeout("x", 2, cleansUpInBody)], ends: 2 },
    "with a cleanup that fails": { ...others, ops: [timeout("x", 2, cleansUpBadlyInBody)], ends: 2 },
    "the error caught": { ...others, ops: [caught(timeout("x", 2, waitEvent("e"))), sleep(1)], ends: 3 },
    "in a longer one": {
      ...others,
      ops: [timeout("x", 5, caught(timeout("y", 2, cleansUpInBody)), sleep(9))],
      ends: 2,
    },
    "in a shorter one": { ...others, ops: [timeout("x", 2, timeout("y", 5, cleansUpInBody))], ends: 2 },
    "in one as long": { ...others, ops: [timeout("x", 2, timeout("y", 2, cleansUpInBody))], ends: 2 },
    "that is rescheduled by another": { ...others, ops: [timeout("x", 5, cleansUpInBody)], ends: [reschedule("x", 0)] },
  }),
  ...scenesOf("moveOnAfter", {
    "in time": { ...others, ops: [moveOnAfter("x", 5, waitEvent("e"))], ends },
    expires: { ...others, ops: [moveOnAfter("x", 2, waitEvent("e"))], ends: 2 },
    "with a cleanup that fails": { ...others, ops: [moveOnAfter("x", 2, cleansUpBadlyInBody)], ends: 2 },
    "around a timeout": { ...others, ops: [moveOnAfter("x", 2, timeout("y", 2, cleansUpInBody))], ends: 2 },
    "in a timeout": { ...others, ops: [timeout("x", 2, moveOnAfter("y", 1, cleansUpInBody))], ends: 2 },
    "of 0 ms": { ...others, ops: [moveOnAfter("x", 0, waitEvent("e"))], ends: 0 },
  }),
  ...scenesOf("reschedule", {
    "to later, from inside": { ...others, ops: [timeout("x", 1, reschedule("x", 3), cleansUpInBody)], ends: 3 },
    "to now, from inside": { ...others, ops: [timeout("x", 5, reschedule("x", 0), cleansUpInBody)], ends: 0 },
    "another's, to now": { ...others, given: [spawn("hasTimeout", "t"), hop], ops: [reschedule("x", 0)], ends: 0 },
    "another's, to later": { ...others, given: [spawn("hasTimeout", "t"), hop], ops: [reschedule("x", 9)], ends: 0 },
    "after it has expired": {
      ...others,
      ops: [timeout("x", 1, attempt([waitEvent("e")], { finally: [hop, reschedule("x", 5)] }))],
      ends: 1,
    },
    "after it has ended": { ...others, ops: [timeout("x", 5), reschedule("x", 1)], ends: 0 },
  }),
];

const groups: readonly Scene[] = [
  ...scenesOf("group", {
    empty: { ops: [group("g")], ends: 0 },
    "whose body waits": { ...others, ops: [group("g", waitEvent("e"))], ends },
    "whose body has a cleanup": { ...others, ops: [group("g", child("g", "cleansUp", "t"), cleansUpInBody)], ends },
    "that waits for a child": { ...others, ops: [group("g", child("g", "waits", "t"))], ends },
    "that waits for children with cleanups": {
      ...others,
      ops: [group("g", child("g", "cleansUp", "t"), child("g", "cleansUpBadly", "u"))],
      ends,
    },
    "whose child fails while the body waits": {
      ...others,
      ops: [group("g", child("g", "failsAtOnce", "t"), child("g", "cleansUp", "u"), cleansUpInBody)],
      ends: 1,
    },
    "whose child fails while it waits for children": {
      ...others,
      ops: [group("g", child("g", "fails", "t"), child("g", "cleansUpBadly", "u"))],
      ends,
    },
    "whose body fails": { ...others, ops: [group("g", child("g", "cleansUp", "t"), hop, raise("E3"))], ends: 1 },
    "whose body and child fail": { ...others, ops: [group("g", child("g", "failsAtOnce", "t"), raise("E3"))], ends: 0 },
    "whose child is cancelled": { ...others, ops: [group("g", child("g", "cleansUp", "t"))], ends: [cancel("t")] },
    "in a group": {
      ...others,
      ops: [group("g", child("g", "cleansUp", "t"), group("h", child("h", "waits", "u"), cleansUpInBody))],
      ends,
    },
    "in a group that fails": {
      ...others,
      ops: [group("g", child("g", "fails", "t"), group("h", child("h", "cleansUpBadly", "u")))],
      ends,
    },
    "with a timeout inside": { ...others, ops: [group("g", caught(timeout("x", 2, cleansUpInBody)), hop)], ends: 2 },
    "in a timeout": { ...others, ops: [timeout("x", 2, group("g", child("g", "cleansUp", "t")))], ends: 2 },
  }),
  ...scenesOf("child", {
    "that waits": { ...others, ops: [group("g", child("g", "waits", "t"), hop)], ends },
    "that starts eagerly": { ...others, ops: [group("g", child("g", "waits", "t", true))], ends },
    "that fails eagerly": { ...others, ops: [group("g", child("g", "failsAtOnce", "t", true), cleansUpInBody)], ends },
    "that adds children": { ...others, ops: [group("g", child("g", "addsChildren", "t"))], ends },
    "added by another": { ...others, given: [spawn("keepsGroup", "t"), hop], ops: [child("g", "waits", "u")], ends },
    "added while the group fails": {
      ...others,
      ops: [
        group("g", child("g", "failsAtOnce", "t"), attempt([waitEvent("e")], { finally: [child("g", "ends", "u")] })),
      ],
      ends: 0,
    },
    "added after the group has ended": { ...others, ops: [group("g"), child("g", "ends", "t")], ends: 0 },
    "of no group": { ...others, ops: [child("g", "ends", "t")], ends: 0 },
  }),
];

const attempts: readonly Scene[] = scenesOf("try", {
  "with a catch that waits": { ...others, ops: [attempt([hop, raise("E1")], { catch: [waitEvent("e")] })], ends },
  "with a finally that waits": { ...others, ops: [attempt([hop], { finally: [waitEvent("e")] })], ends },
  "whose error goes through a finally that waits": {
    ...others,
    ops: [attempt([raise("E1")], { finally: [waitEvent("e")] })],
    ends,
  },
  "whose catch and finally wait": {
    ...others,
    ops: [attempt([raise("E1")], { catch: [waitEvent("e")], finally: [hop, sleep(1)] })],
    ends,
  },
  "with a catch around what waits": { ...others, ops: [attempt([waitEvent("e")], { catch: [sleep(1)] })], ends },
  "with a finally that fails": {
    ...others,
    ops: [attempt([waitEvent("e")], { finally: [hop, raise("E1")] })],
    ends,
  },
  "with a finally that fails, in one that catches": {
    ...others,
    ops: [caught(attempt([waitEvent("e")], { finally: [hop, raise("E1")] })), sleep(1)],
    ends,
  },
  "with two finallys that fail": {
    ...others,
    ops: [attempt([attempt([waitEvent("e")], { finally: [hop, raise("E1")] })], { finally: [raise("E2")] })],
    ends,
  },
  "three deep": {
    ...others,
    ops: [
      attempt([attempt([attempt([waitEvent("e")], { finally: hops(1) })], { finally: [sleep(1)] })], {
        finally: [hop],
      }),
    ],
    ends,
  },
  "whose cleanup has a timeout": {
    ...others,
    ops: [attempt([waitEvent("e")], { finally: [caught(timeout("x", 1, sleep(5))), hop] })],
    ends,
  },
  "whose cleanup has a group": {
    ...others,
    ops: [attempt([waitEvent("e")], { finally: [group("g", child("g", "ends", "t"), hop)] })],
    ends,
  },
});

export const scopeScenes: readonly Scene[] = [...timeouts, ...groups, ...attempts];
