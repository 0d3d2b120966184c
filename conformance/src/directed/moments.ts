/** When, and how, an operation is cancelled. */
import {
  beforeEnd,
  cancelledAfter,
  cancelledAfterEnd,
  counted,
  ending,
  leftAlone,
  type Moment,
  programOf,
  tidy,
  uncancelled,
  untilEnd,
  within,
} from "./moment.ts";
import {
  attempt,
  awaiting,
  call,
  cancel,
  caught,
  forEach,
  give,
  hop,
  hops,
  sleep,
  spawn,
  spawnEagerly,
} from "./ops.ts";
import { scopeMoments } from "./scope-moments.ts";

/** What moments have in common. */
export interface Phase {
  readonly name: string;
  readonly moments: readonly Moment[];
}

const before: readonly Moment[] = [
  { name: "not at all", column: "never", program: counted(within((ops) => tidy(...ops), uncancelled)) },
  { name: "nobody ends it", column: "stuck", program: within((ops) => tidy(...ops), leftAlone) },
  { name: "before its task's first step", column: "unstarted", program: cancelledAfter(0) },
  { name: "at its beginning", column: "hop 0", program: cancelledAfter(1) },
  { name: "one iteration after its beginning", column: "hop 1", program: counted(cancelledAfter(2)) },
  { name: "two iterations after its beginning", column: "hop 2", program: cancelledAfter(3) },
  { name: "three iterations after its beginning", column: "hop 3", program: cancelledAfter(4) },
  {
    name: "at its beginning, in an eager task",
    column: "eager",
    program: within(
      (ops) => tidy(...ops),
      (scene) => [spawnEagerly("v", "v"), cancel("v"), ...ending(scene), caught(awaiting("v")), hop],
    ),
  },
];

const atEnd: readonly Moment[] = [
  {
    name: "just before it ends",
    column: "end -",
    program: within(
      (ops) => tidy(...ops),
      (scene) => [spawn("v", "v"), ...beforeEnd(scene), cancel("v"), ...ending(scene), caught(awaiting("v")), hop],
    ),
  },
  { name: "just after it ends", column: "end +", program: counted(cancelledAfterEnd(0)) },
  { name: "one iteration after its end", column: "end 1", program: cancelledAfterEnd(1) },
  { name: "two iterations after its end", column: "end 2", program: cancelledAfterEnd(2) },
  { name: "three iterations after its end", column: "end 3", program: cancelledAfterEnd(3) },
];

const more: readonly Moment[] = [
  { name: "by itself", column: "self", program: within((ops) => tidy(cancel("self"), ...ops), uncancelled) },
  {
    name: "again and again",
    column: "again",
    program: within(
      (ops) => tidy(...ops),
      (scene) => [
        ...[spawn("v", "v"), ...hops(2), cancel("v"), cancel("v"), hop, cancel("v"), hop, cancel("v")],
        ...[...ending(scene), caught(awaiting("v")), hop],
      ],
    ),
  },
  {
    name: "before, it stands in the cleanup",
    column: "cleanup",
    program: within(
      (ops) => [attempt([sleep(9)], { finally: ops }), hop],
      (scene) => [spawn("v", "v"), hop, cancel("v"), ...untilEnd(scene), cancel("v"), caught(awaiting("v")), hop],
    ),
  },
  {
    name: "in a finally without an error",
    column: "finally",
    program: within(
      (ops) => [attempt([], { finally: [...ops, hop] }), hop],
      (scene) => [spawn("v", "v"), ...hops(2), cancel("v"), ...ending(scene), caught(awaiting("v")), hop],
    ),
  },
  {
    name: "by who awaits its task",
    column: "awaiter",
    program: (scene) =>
      programOf(scene, {
        functions: {
          main: [
            spawn("v", "v"),
            spawn("a", "a"),
            ...hops(2),
            cancel("a"),
            ...ending(scene),
            caught(awaiting("a")),
            hop,
          ],
          v: tidy(...scene.ops),
          a: [attempt([awaiting("v")], { finally: [hop] })],
        },
      }),
  },
  {
    name: "two calls deep",
    column: "deep",
    program: (scene) =>
      programOf(scene, {
        functions: {
          main: [spawn("v", "v"), ...hops(3), cancel("v"), ...ending(scene), caught(awaiting("v")), hop],
          v: tidy(attempt([call("w")], { catch: [hop] })),
          w: tidy(...scene.ops),
        },
      }),
  },
  {
    name: "in a stream's producer",
    column: "stream",
    program: (scene) =>
      programOf(scene, {
        functions: {
          main: [spawn("v", "v"), ...hops(3), cancel("v"), ...ending(scene), caught(awaiting("v")), hop],
          v: tidy(forEach("producer", 9, hop)),
        },
        streams: { producer: [...scene.ops, give(1)] },
      }),
  },
];

const lines: readonly Moment[] = [
  {
    name: "the first of two that do it, just before it ends",
    column: "1st of 2-",
    program: within(
      (ops) => tidy(...ops),
      (scene) => [
        ...[spawn("v", "v"), spawn("v", "w"), ...beforeEnd(scene), cancel("v"), ...ending(scene)],
        ...[...hops(3), caught(awaiting("v")), sleep(1)],
      ],
    ),
  },
  {
    name: "the first of two that do it",
    column: "1st of 2",
    program: within(
      (ops) => tidy(...ops),
      (scene) => [
        ...[spawn("v", "v"), spawn("v", "w"), ...untilEnd(scene), cancel("v")],
        ...[caught(awaiting("v")), ...hops(2), ...ending(scene), sleep(1)],
      ],
    ),
  },
  {
    name: "the second of two that do it",
    column: "2nd of 2",
    program: within(
      (ops) => tidy(...ops),
      (scene) => [
        ...[spawn("v", "v"), spawn("v", "w"), ...hops(3), cancel("w")],
        ...[...ending(scene), caught(awaiting("v")), ...ending(scene), sleep(1)],
      ],
    ),
  },
  {
    name: "by the end of main",
    column: "main ends",
    program: within(
      (ops) => tidy(...ops),
      () => [spawn("v", "v"), ...hops(2)],
    ),
  },
  {
    name: "by the end of main, just after it ends",
    column: "main +",
    program: within(
      (ops) => tidy(...ops),
      (scene) => [spawn("v", "v"), ...untilEnd(scene)],
    ),
  },
];

export const phases: readonly Phase[] = [
  { name: "never, and before and after its beginning", moments: before },
  { name: "around its end", moments: atEnd },
  { name: "in other ways, and in other places", moments: more },
  { name: "by scopes", moments: scopeMoments },
  { name: "in a line of two, and by the end of main", moments: lines },
];

/** The moments at which most goes wrong, by their columns. */
const TELLING = [
  "never",
  "hop 0",
  "hop 1",
  "end -",
  "end +",
  "end 1",
  "again",
  "cleanup",
  "timeout",
  "1st of 2",
  "1st of 2-",
];

export const moments: readonly Moment[] = phases.flatMap((phase) => phase.moments);
export const tellingMoments: readonly Moment[] = moments.filter(({ column }) => TELLING.includes(column));
