/** Scenes of the queues. */
import type { ObjectSpec, Op } from "../../program.ts";
import { caught, get, getNowait, hop, join, put, putNowait, shutdown, sleep, spawn, taskDone } from "../ops.ts";
import { type Scene, scenesOf } from "../scene.ts";

const KINDS: readonly ("queue" | "lifo-queue" | "priority-queue")[] = ["queue", "lifo-queue", "priority-queue"];

const one: Readonly<Record<string, ObjectSpec>> = { q: { kind: "queue", maxSize: 1 } };

const functions: Readonly<Record<string, readonly Op[]>> = {
  getter: [get("q"), hop],
  putter: [put("q", 5), hop],
  joiner: [join("q"), hop],
};

/** A scene of each kind of queue, with room for two. */
function eachKind(
  operation: Scene["operation"],
  state: string,
  scene: Omit<Scene, "operation" | "state">,
): readonly Scene[] {
  return KINDS.flatMap((kind) => {
    const objects: Readonly<Record<string, ObjectSpec>> = { q: { kind, maxSize: 2 } };
    return scenesOf(operation, { [`a ${kind} ${state}`]: { objects, ...scene } });
  });
}

const full = [put("q", 3), put("q", 1)];

const moving: readonly Scene[] = [
  ...eachKind("get", "that is empty", { ops: [get("q")], ends: [putNowait("q", 4)] }),
  ...eachKind("get", "that is full, with one who waits to put", {
    functions,
    given: [...full, spawn("putter", "t"), hop],
    ops: [get("q"), get("q"), get("q")],
    ends: 0,
  }),
  ...eachKind("put", "that is full", { given: full, ops: [put("q", 2)], ends: [getNowait("q")] }),
  ...scenesOf("get", {
    "behind another": {
      objects: one,
      functions,
      given: [spawn("getter", "t"), hop],
      ops: [get("q")],
      ends: [putNowait("q", 1), hop, putNowait("q", 2)],
    },
    "that two are put for": {
      objects: { q: { kind: "queue", maxSize: 0 } },
      ops: [get("q")],
      ends: [put("q", 1), put("q", 2)],
    },
    "that is shut down": { objects: one, ops: [get("q")], ends: [shutdown("q")] },
    "that was shut down with an item": {
      objects: one,
      given: [put("q", 1), shutdown("q")],
      ops: [get("q"), get("q")],
      ends: 0,
    },
    "that was shut down at once": { objects: one, given: [put("q", 1), shutdown("q", true)], ops: [get("q")], ends: 0 },
  }),
  ...scenesOf("put", {
    "with room": { objects: one, ops: [put("q", 1)], ends: 0 },
    "with one who waits to get": {
      objects: one,
      functions,
      given: [spawn("getter", "t"), hop],
      ops: [put("q", 1)],
      ends: 0,
    },
    "behind another": {
      objects: one,
      functions,
      given: [put("q", 1), spawn("putter", "t"), hop],
      ops: [put("q", 2)],
      ends: [getNowait("q"), hop, getNowait("q")],
    },
    "that is shut down": { objects: one, given: [put("q", 1)], ops: [put("q", 2)], ends: [shutdown("q")] },
    "that is shut down at once": {
      objects: one,
      given: [put("q", 1)],
      ops: [put("q", 2)],
      ends: [shutdown("q", true)],
    },
    "that was shut down": { objects: one, given: [shutdown("q")], ops: [put("q", 2)], ends: 0 },
  }),
];

const counting: readonly Scene[] = [
  ...scenesOf("putNowait", {
    "with room": { objects: one, ops: [putNowait("q", 1)], ends: 0 },
    full: { objects: one, given: [put("q", 1)], ops: [caught(putNowait("q", 2))], ends: 0 },
    "with one who waits to get": {
      objects: one,
      functions,
      given: [spawn("getter", "t"), hop],
      ops: [putNowait("q", 1)],
      ends: 0,
    },
    "that was shut down": { objects: one, given: [shutdown("q")], ops: [putNowait("q", 2)], ends: 0 },
  }),
  ...scenesOf("getNowait", {
    empty: { objects: one, ops: [caught(getNowait("q"))], ends: 0 },
    "with an item that is promised": {
      objects: one,
      functions,
      given: [spawn("getter", "t"), hop, put("q", 1)],
      ops: [getNowait("q")],
      ends: [putNowait("q", 2)],
    },
    "with one who waits to put": {
      objects: one,
      functions,
      given: [put("q", 1), spawn("putter", "t"), hop],
      ops: [getNowait("q")],
      ends: 0,
    },
    "that was shut down": { objects: one, given: [shutdown("q")], ops: [getNowait("q")], ends: 0 },
  }),
  ...scenesOf("taskDone", {
    "with one who joins": {
      objects: one,
      functions,
      given: [put("q", 1), spawn("joiner", "t"), hop],
      ops: [taskDone("q")],
      ends: 0,
    },
    "too often": { objects: one, given: [put("q", 1), taskDone("q")], ops: [taskDone("q")], ends: 0 },
  }),
  ...scenesOf("join", {
    "with unfinished items": { objects: one, given: [put("q", 1)], ops: [join("q")], ends: [taskDone("q")] },
    "with items that come again": {
      objects: { q: { kind: "queue", maxSize: 0 } },
      given: [put("q", 1)],
      ops: [join("q")],
      ends: [taskDone("q"), put("q", 2)],
    },
    "when all is finished": { objects: one, ops: [join("q")], ends: 0 },
    "that is shut down": { objects: one, given: [put("q", 1)], ops: [join("q")], ends: [shutdown("q", true)] },
  }),
  ...scenesOf("shutdown", {
    "with one who waits to get": {
      objects: one,
      functions,
      given: [spawn("getter", "t"), hop],
      ops: [shutdown("q")],
      ends: 0,
    },
    "with one who waits to put": {
      objects: one,
      functions,
      given: [put("q", 1), spawn("putter", "t"), hop],
      ops: [shutdown("q")],
      ends: [getNowait("q")],
    },
    "at once, with one who waits to put": {
      objects: one,
      functions,
      given: [put("q", 1), spawn("putter", "t"), spawn("joiner", "u"), hop],
      ops: [shutdown("q", true), sleep(1)],
      ends: 1,
    },
    "after an item was promised": {
      objects: one,
      functions,
      given: [spawn("getter", "t"), hop, put("q", 1)],
      ops: [shutdown("q", true)],
      ends: 0,
    },
  }),
];

export const queueScenes: readonly Scene[] = [...moving, ...counting];
