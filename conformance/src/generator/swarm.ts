/**
 * What one program may use: a random part of the operations and objects. A program that uses a few things often meets states that one
 * which uses everything a little never meets.
 */
import type { ObjectSpec } from "../program.ts";
import type { Dice } from "./dice.ts";
import type { OpName } from "./walk.ts";

/** What an operation may name. */
export type Need = "holder" | "event" | "condition" | "barrier" | "queue" | "future" | "variable" | "stream";

/** Which of the names each kind of object can stand for. */
const NEEDS_MET: { readonly [K in ObjectSpec["kind"]]: readonly Need[] } = {
  lock: ["holder"],
  semaphore: ["holder"],
  "bounded-semaphore": ["holder"],
  condition: ["holder", "condition"],
  event: ["event"],
  barrier: ["barrier"],
  queue: ["queue"],
  "lifo-queue": ["queue"],
  "priority-queue": ["queue"],
  future: ["future"],
  variable: ["variable"],
};

const KINDS = Object.keys(NEEDS_MET) as ObjectSpec["kind"][];

/** How often each operation is chosen among those that the program uses. */
const WEIGHTS: { readonly [K in OpName]: number } = {
  ...{ sleep: 6, raise: 1, call: 3, spawn: 3, await: 4, awaitFor: 2, cancel: 7, gather: 3, wait: 2 },
  ...{ timeout: 3, moveOnAfter: 2, reschedule: 2, group: 3, child: 3, try: 5 },
  ...{
    acquire: 3,
    release: 2,
    with: 4,
    set: 3,
    clear: 1,
    waitEvent: 3,
    waitCondition: 3,
    waitFor: 5,
    notify: 3,
    notifyAll: 2,
  },
  ...{ waitBarrier: 4, reset: 1, abort: 1, setResult: 2, setException: 1, setVariable: 2, getVariable: 2 },
  ...{ put: 3, putNowait: 2, get: 4, getNowait: 1, taskDone: 2, join: 2, shutdown: 1 },
  ...{ open: 3, next: 4, close: 2, forEach: 4 },
};

const NEEDS: { readonly [K in OpName]?: readonly Need[] } = {
  ...{ acquire: ["holder"], release: ["holder"], with: ["holder"] },
  ...{ set: ["event"], clear: ["event"], waitEvent: ["event"] },
  ...{ waitCondition: ["condition"], notify: ["condition"], notifyAll: ["condition"], waitFor: ["condition", "event"] },
  ...{ waitBarrier: ["barrier"], reset: ["barrier"], abort: ["barrier"] },
  ...{ setResult: ["future"], setException: ["future"], setVariable: ["variable"], getVariable: ["variable"] },
  ...{ put: ["queue"], putNowait: ["queue"], get: ["queue"], getNowait: ["queue"] },
  ...{ taskDone: ["queue"], join: ["queue"], shutdown: ["queue"] },
  ...{ open: ["stream"], next: ["stream"], close: ["stream"], forEach: ["stream"] },
};

const OP_NAMES = Object.keys(WEIGHTS) as OpName[];

export interface Swarm {
  readonly objects: Readonly<Record<string, ObjectSpec>>;
  /** The names that each need can be met with. */
  readonly names: Readonly<Record<Need, readonly string[]>>;
  /** The operations, each as often as it has chances. */
  readonly ops: readonly OpName[];
}

export function chooseSwarm(dice: Dice, streams: readonly string[]): Swarm {
  const objects: Record<string, ObjectSpec> = {};
  const names: Record<Need, string[]> = {
    ...{ holder: [], event: [], condition: [], barrier: [], queue: [], future: [], variable: [] },
    stream: [...streams],
  };
  const percent = dice.between(10, 35);
  for (const kind of KINDS) {
    for (let number = 1; number <= 2 && dice.chance(percent); number++) {
      const name = `${kind}${number}`;
      objects[name] = chooseSpec(dice, kind);
      for (const need of NEEDS_MET[kind]) names[need].push(name);
    }
  }
  return { objects, names, ops: chooseOps(dice, names) };
}

function chooseOps(dice: Dice, names: Swarm["names"]): readonly OpName[] {
  const usable = OP_NAMES.filter((op) => (NEEDS[op] ?? []).every((need) => names[need].length > 0));
  const chosen = dice.some(usable, dice.between(30, 90));
  return ["sleep" as const, ...chosen].flatMap((op) => Array.from({ length: WEIGHTS[op] }, () => op));
}

function chooseSpec(dice: Dice, kind: ObjectSpec["kind"]): ObjectSpec {
  switch (kind) {
    case "semaphore":
    case "bounded-semaphore":
      return { kind, permits: dice.pick([0, 1, 1, 1, 2, 2]) };
    case "barrier":
      return { kind, parties: dice.pick([1, 2, 2, 2, 3, 3]) };
    case "queue":
    case "lifo-queue":
    case "priority-queue":
      return { kind, maxSize: dice.pick([0, 1, 1, 2]) };
    case "variable":
      return { kind, value: 0 };
    case "lock":
    case "event":
    case "condition":
    case "future":
      return { kind };
  }
}
