/** The directed set: every operation at every moment, every scene at the telling ones, and programs for single rules. */
import type { Program } from "../program.ts";
import type { Moment } from "./moment.ts";
import { moments, tellingMoments } from "./moments.ts";
import { rules } from "./rules.ts";
import type { Scene } from "./scene.ts";
import { queueScenes } from "./scenes/queues.ts";
import { scopeScenes } from "./scenes/scopes.ts";
import { streamScenes } from "./scenes/streams.ts";
import { syncScenes } from "./scenes/sync.ts";
import { taskScenes } from "./scenes/tasks.ts";

export interface DirectedProgram {
  readonly name: string;
  readonly program: Program;
  /** Where it stands in the table of coverage; rules stand nowhere. */
  readonly cell?: { readonly operation: Scene["operation"]; readonly moment: Moment };
}

const scenes: readonly Scene[] = [...taskScenes, ...scopeScenes, ...syncScenes, ...queueScenes, ...streamScenes];

/** Of each operation, the scene that meets every moment: the first in which it waits, or the first of all. */
function leadingScenes(): ReadonlySet<Scene> {
  const leading = new Map<Scene["operation"], Scene>();
  for (const scene of scenes) {
    const current = leading.get(scene.operation);
    if (current === undefined || (current.ends === 0 && scene.ends !== 0)) leading.set(scene.operation, scene);
  }
  return new Set(leading.values());
}

export function directedPrograms(): readonly DirectedProgram[] {
  const leading = leadingScenes();
  const met = scenes.flatMap((scene) =>
    (leading.has(scene) ? moments : tellingMoments).map((moment) => ({
      name: `${scene.operation} ${scene.state} / ${moment.name}`,
      program: moment.program(scene),
      cell: { operation: scene.operation, moment },
    })),
  );
  return [...met, ...Object.entries(rules).map(([name, program]) => ({ name: `rule: ${name}`, program }))];
}
