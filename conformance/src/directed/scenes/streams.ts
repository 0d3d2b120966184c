/** Scenes of the streams. */
import type { ObjectSpec, Op, StreamOp } from "../../program.ts";
import {
  attempt,
  caught,
  close,
  forEach,
  give,
  giving,
  hop,
  next,
  open,
  raise,
  set,
  sleep,
  spawn,
  waitEvent,
} from "../ops.ts";
import { type Scene, scenesOf } from "../scene.ts";

const objects: Readonly<Record<string, ObjectSpec>> = { e: { kind: "event" } };
const functions: Readonly<Record<string, readonly Op[]>> = {
  reads: [caught(next("r")), hop],
  closes: [caught(close("r")), hop],
};
const streams: Readonly<Record<string, readonly StreamOp[]>> = {
  ready: [give(1), give(2)],
  waits: [waitEvent("e"), give(1), hop, give(2)],
  cleansUp: [giving([give(1), waitEvent("e"), give(2)], [hop, sleep(1)])],
  cleansUpLong: [giving([give(1), give(2)], [waitEvent("e"), hop])],
  cleansUpBadly: [giving([give(1), waitEvent("e")], [hop, raise("E1")])],
  fails: [give(1), waitEvent("e"), raise("E2")],
  ends: [],
};

const all = { objects, functions, streams };
const ends = [set("e")];

export const streamScenes: readonly Scene[] = [
  ...scenesOf("open", {
    "and leave it unread": { ...all, ops: [open("cleansUp", "r")], ends: 0 },
    "and leave it half read": { ...all, ops: [open("cleansUp", "r"), next("r")], ends: 0 },
  }),
  ...scenesOf("next", {
    "of a producer that waits": { ...all, given: [open("waits", "r")], ops: [next("r"), next("r")], ends },
    "of a producer that waits, with a cleanup": {
      ...all,
      given: [open("cleansUp", "r"), next("r")],
      ops: [next("r")],
      ends,
    },
    "of a producer that fails": { ...all, given: [open("fails", "r"), next("r")], ops: [next("r")], ends },
    "of a producer that ends, with a cleanup that waits": {
      ...all,
      given: [open("cleansUpLong", "r"), next("r"), next("r")],
      ops: [next("r")],
      ends,
    },
    "at the end": { ...all, given: [open("ends", "r")], ops: [next("r"), next("r")], ends: 0 },
    "while it is read": { ...all, given: [open("waits", "r"), spawn("reads", "t"), hop], ops: [next("r")], ends },
    "while it closes": {
      ...all,
      given: [open("cleansUpLong", "r"), next("r"), spawn("closes", "t"), hop],
      ops: [next("r")],
      ends,
    },
    "after it was closed": { ...all, given: [open("ready", "r"), next("r"), close("r")], ops: [next("r")], ends: 0 },
    "what is given at once": { ...all, given: [open("ready", "r")], ops: [next("r"), next("r"), next("r")], ends: 0 },
  }),
  ...scenesOf("close", {
    unread: { ...all, given: [open("cleansUp", "r")], ops: [close("r")], ends: 0 },
    "half read": { ...all, given: [open("ready", "r"), next("r")], ops: [close("r")], ends: 0 },
    "half read, with a cleanup": { ...all, given: [open("cleansUp", "r"), next("r")], ops: [close("r")], ends: 1 },
    "half read, with a cleanup that waits": {
      ...all,
      given: [open("cleansUpLong", "r"), next("r")],
      ops: [close("r")],
      ends,
    },
    "half read, with a cleanup that fails": {
      ...all,
      given: [open("cleansUpBadly", "r"), next("r")],
      ops: [close("r")],
      ends: 0,
    },
    "while it is read": {
      ...all,
      given: [open("cleansUp", "r"), next("r"), spawn("reads", "t"), hop],
      ops: [close("r")],
      ends,
    },
    "while it closes": {
      ...all,
      given: [open("cleansUpLong", "r"), next("r"), spawn("closes", "t"), hop],
      ops: [close("r")],
      ends,
    },
    "at the end": { ...all, given: [open("ends", "r"), next("r")], ops: [close("r")], ends: 0 },
  }),
  ...scenesOf("forEach", {
    "of a producer that waits": { ...all, ops: [forEach("waits", 9)], ends },
    "whose body waits": { ...all, ops: [forEach("cleansUp", 9, waitEvent("e"))], ends },
    "whose body waits, with a cleanup that waits": { ...all, ops: [forEach("cleansUpLong", 9, sleep(1))], ends },
    "that has enough": { ...all, ops: [forEach("cleansUp", 0), hop], ends: 1 },
    "that has enough, with a cleanup that waits": { ...all, ops: [forEach("cleansUpLong", 1)], ends },
    "that has enough, with a cleanup that fails": { ...all, ops: [forEach("cleansUpBadly", 0)], ends: 0 },
    "whose body fails": { ...all, ops: [forEach("cleansUp", 9, raise("E3"))], ends: 1 },
    "whose producer fails": { ...all, ops: [forEach("fails", 9, hop)], ends },
    "whose producer's cleanup fails": { ...all, ops: [forEach("cleansUpBadly", 9)], ends },
    "of nothing": { ...all, ops: [forEach("ends", 9)], ends: 0 },
    "in a forEach": { ...all, ops: [forEach("ready", 9, forEach("cleansUp", 0, hop))], ends: 2 },
    "in a try that catches": { ...all, ops: [attempt([forEach("fails", 9, hop)], { catch: [sleep(1)] })], ends },
  }),
  ...scenesOf("give", {
    "at once": { ...all, ops: [forEach("ready", 9, hop)], ends: 0 },
    "after a wait": { ...all, ops: [forEach("waits", 9, hop)], ends },
  }),
  ...scenesOf("giving", {
    "with a cleanup": { ...all, ops: [forEach("cleansUp", 9, hop)], ends },
    "with a cleanup that waits": { ...all, ops: [forEach("cleansUpLong", 9, hop)], ends },
    "with a cleanup that gives": {
      ...all,
      streams: { twice: [giving([give(1)], [hop]), giving([give(2), waitEvent("e")], [sleep(1)]), give(3)] },
      ops: [forEach("twice", 2, hop)],
      ends,
    },
  }),
];
