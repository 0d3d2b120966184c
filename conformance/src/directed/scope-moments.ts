/** Cancellation through scopes: the operation, or its task, is unwound by a timeout, a group or a gather. */
import type { Op } from "../program.ts";
import { ending, leftAlone, type Moment, programOf, tidy, within } from "./moment.ts";
import {
  awaiting,
  cancel,
  caught,
  child,
  gather,
  group,
  hop,
  hops,
  moveOnAfter,
  raise,
  reschedule,
  sleep,
  spawn,
  timeout,
} from "./ops.ts";
import type { Scene } from "./scene.ts";

/** Main acts after 2 ms, when a timeout of v's expires too: before it, because main's timer is older, or after it. */
const after2ms =
  (act: (scene: Scene) => readonly Op[], younger: readonly Op[]) =>
  (scene: Scene): readonly Op[] => [spawn("v", "v"), ...younger, sleep(2), ...act(scene), caught(awaiting("v")), hop];

const inTimeout = (ops: readonly Op[]): readonly Op[] => tidy(timeout("tx", 2, ...tidy(...ops)));

export const scopeMoments: readonly Moment[] = [
  { name: "by its timeout", column: "timeout", program: within(inTimeout, leftAlone) },
  {
    name: "by its moveOnAfter",
    column: "moveOn",
    program: within((ops) => tidy(moveOnAfter("tx", 2, ...tidy(...ops)), hop), leftAlone),
  },
  { name: "by its timeout, when it ends", column: "timeout=", program: within(inTimeout, after2ms(ending, [])) },
  { name: "by its timeout, before it ends", column: "timeout<", program: within(inTimeout, after2ms(ending, [hop])) },
  {
    name: "and its timeout at the same time",
    column: "+timeout",
    program: within(
      inTimeout,
      after2ms((scene) => [cancel("v"), ...ending(scene)], []),
    ),
  },
  {
    name: "just after its timeout",
    column: "timeout+",
    program: within(
      inTimeout,
      after2ms((scene) => [cancel("v"), ...ending(scene)], [hop]),
    ),
  },
  {
    name: "by two timeouts",
    column: "timeout2",
    program: within((ops) => tidy(timeout("ty", 2, ...inTimeout(ops))), leftAlone),
  },
  {
    name: "by its timeout, rescheduled",
    column: "resched",
    program: within(inTimeout, (scene) => [
      ...[spawn("v", "v"), ...hops(3), caught(reschedule("tx", 0))],
      ...[...ending(scene), caught(awaiting("v")), hop],
    ]),
  },
  {
    name: "by its group, of which it is a child",
    column: "child",
    program: (scene) =>
      programOf(scene, {
        functions: {
          main: [caught(group("tg", child("tg", "v", "v"), child("tg", "z", "z"))), ...ending(scene), hop],
          v: tidy(...scene.ops),
          z: [...hops(3), raise("Z")],
        },
      }),
  },
  {
    name: "by its group, in whose body it stands",
    column: "body",
    program: (scene) =>
      programOf(scene, {
        functions: {
          main: [spawn("v", "v"), ...hops(5), ...ending(scene), caught(awaiting("v")), hop],
          v: tidy(group("tg", child("tg", "z", "z"), ...tidy(...scene.ops))),
          z: [...hops(2), raise("Z")],
        },
      }),
  },
  {
    name: "by its gather",
    column: "gather",
    program: (scene) =>
      programOf(scene, {
        functions: {
          main: [caught(gather([{ function: "v" }, { function: "z" }])), ...ending(scene), hop],
          v: tidy(...scene.ops),
          z: [...hops(3), raise("Z")],
        },
      }),
  },
];
