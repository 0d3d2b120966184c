/** Makes up a program: small, mostly well formed, with ties in time, cancellations and errors everywhere. */
import type { Give, Op, Program, StreamOp } from "../program.ts";
import type { Dice } from "./dice.ts";
import { Draft, TOP } from "./draft.ts";
import { makers } from "./makers.ts";
import { chooseSwarm } from "./swarm.ts";

const MOST_OPS_IN_FUNCTION = 6;

export function generate(dice: Dice): Program {
  const streamNames = names("s", dice.chance(30) ? dice.between(1, 2) : 0);
  const functionNames = names("f", dice.between(2, 5));
  const swarm = chooseSwarm(dice, streamNames);
  const draft = new Draft(dice, swarm, makers, dice.between(6, 22));
  const functions: Record<string, readonly Op[]> = {};
  const streams: Record<string, readonly StreamOp[]> = {};
  const write = (name: string): void => {
    functions[name] = draft.define(name, () => draft.ops(MOST_OPS_IN_FUNCTION, TOP));
  };
  // A stream opens none, and starts only the functions that are written before it.
  const [last, ...others] = functionNames.toReversed();
  if (last !== undefined) write(last);
  for (const name of streamNames) streams[name] = draft.define(name, () => streamOps(draft, name));
  for (const name of others) write(name);
  const main = draft.define("main", () => mainOps(draft));
  return { objects: swarm.objects, functions: { main, ...functions }, streams };
}

function names(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}

/** Main starts some tasks, does its part, and waits for them, mostly. */
function mainOps(draft: Draft): readonly Op[] {
  const { dice } = draft;
  const started: string[] = [];
  const spawns: Op[] = [];
  const crowd = dice.chance(40); // several that do the same wait for the same
  let first: string | undefined;
  const count = dice.between(1, 4);
  for (let number = 1; number <= count; number++) {
    const name = draft.function(TOP, crowd && first !== undefined ? [first] : undefined);
    if (name === undefined) break;
    first ??= name;
    const task = `t${number}`;
    started.push(task);
    spawns.push({ op: "spawn", function: name, as: task, eager: dice.chance(10) });
  }
  return [...spawns, ...draft.ops(MOST_OPS_IN_FUNCTION, TOP), ...ending(dice, started)];
}

function ending(dice: Dice, started: readonly string[]): readonly Op[] {
  const roll = dice.between(1, 10);
  if (roll <= 2) return [];
  if (roll <= 4) return [{ op: "wait", tasks: started, returnWhen: "all-completed", ms: -1 }];
  if (roll <= 5) {
    const items = started.map((task) => ({ task }));
    return [{ op: "gather", items, returnExceptions: dice.chance(70) }];
  }
  const awaits: Op[] = started.map((task) => ({ op: "await", task }));
  return awaits.map((op): Op => (dice.chance(75) ? { op: "try", body: [op], catch: [] } : op));
}

function streamOps(draft: Draft, name: string): readonly StreamOp[] {
  const { dice } = draft;
  let gives = 0;
  const give = (): Give => ({ op: "give", value: ++gives });
  const between = (): readonly Op[] => draft.ops(1, TOP);
  const part = (): readonly (Op | Give)[] => (dice.chance(60) ? [...between(), give()] : between());
  const ops: StreamOp[] = [];
  const count = dice.between(1, 3);
  for (let i = 0; i < count; i++) {
    if (dice.chance(45)) ops.push({ op: "giving", body: [...part(), give(), ...part()], finally: draft.ops(2, TOP) });
    else ops.push(...part(), give());
  }
  ops.push(...between());
  draft.gives.set(name, gives);
  return ops;
}
