/** A moment makes a program of a scene: it says when, and how, the operation is cancelled. What the moments are made of. */
import type { Op, Program } from "../program.ts";
import { attempt, awaiting, cancel, caught, hop, hops, sleep, spawn } from "./ops.ts";
import { reachable } from "./reachable.ts";
import type { Scene } from "./scene.ts";

export interface Moment {
  readonly name: string;
  /** Short, for the head of a column. */
  readonly column: string;
  readonly program: (scene: Scene) => Program;
}

/** The functions that a moment adds: "v" does the operation. */
type Parts = Pick<Program, "functions"> & Partial<Pick<Program, "streams">>;

export function programOf(scene: Scene, { functions, streams = {} }: Parts): Program {
  const { main = [], ...others } = functions;
  return reachable({
    objects: scene.objects ?? {},
    functions: { main: [...(scene.given ?? []), ...main], ...others, ...scene.functions },
    streams: { ...scene.streams, ...streams },
  });
}

/** The operation in a task that cleans up and takes its time. */
export function tidy(...ops: readonly Op[]): readonly Op[] {
  return [attempt([...ops, sleep(1)], { finally: [hop, sleep(1)] })];
}

/** What ends the operation's wait, as main does it; nothing where time does it. */
export function ending({ ends }: Scene): readonly Op[] {
  return typeof ends === "number" ? [] : [caught(...ends)];
}

/** So many iterations after v has been started. */
export function cancelledAfter(count: number): (scene: Scene) => Program {
  return (scene) =>
    programOf(scene, {
      functions: {
        main: [spawn("v", "v"), ...hops(count), cancel("v"), hop, ...ending(scene), caught(awaiting("v")), hop],
        v: tidy(...scene.ops),
      },
    });
}

/** Main waits until the operation's wait is about to end; where time ends it, main's timer is the older one. */
export function beforeEnd({ ends }: Scene): readonly Op[] {
  return typeof ends === "number" ? [sleep(ends)] : hops(3);
}

/** Main waits until the operation's wait has ended; where time ends it, main's timer is the younger one. */
export function untilEnd(scene: Scene): readonly Op[] {
  return typeof scene.ends === "number" ? [hop, sleep(scene.ends)] : [...hops(3), ...ending(scene)];
}

export function cancelledAfterEnd(count: number): (scene: Scene) => Program {
  return (scene) =>
    programOf(scene, {
      functions: {
        main: [spawn("v", "v"), ...untilEnd(scene), ...hops(count), cancel("v"), caught(awaiting("v")), hop],
        v: tidy(...scene.ops),
      },
    });
}

/** Main does these with v, whose body stands in what `around` makes of it. */
export function within(
  around: (ops: readonly Op[]) => readonly Op[],
  main: (scene: Scene) => readonly Op[],
): Moment["program"] {
  return (scene) => programOf(scene, { functions: { main: main(scene), v: around(scene.ops) } });
}

export const uncancelled: (scene: Scene) => readonly Op[] = (scene) => [
  spawn("v", "v"),
  ...untilEnd(scene),
  caught(awaiting("v")),
  hop,
];
export const leftAlone: (scene: Scene) => readonly Op[] = () => [spawn("v", "v"), caught(awaiting("v")), hop];

/** Beside a task that counts the iterations in the trace. */
export function counted(build: Moment["program"]): Moment["program"] {
  return (scene) => {
    const program = build(scene);
    const { main = [] } = program.functions;
    const begun = main.findIndex((op) => op.op === "spawn" && op.function === "v") + 1;
    const functions = { ...program.functions, main: main.toSpliced(begun, 0, spawn("count", "count")), count: hops(4) };
    return { ...program, functions };
  };
}
