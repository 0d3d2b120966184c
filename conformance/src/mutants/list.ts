/** Every mutant, in the order in which they are tried. */
import { borderMutants } from "./list/border.ts";
import { flowMutants } from "./list/flow.ts";
import { kernelMutants } from "./list/kernel.ts";
import { manyMutants } from "./list/many.ts";
import { queueMutants } from "./list/queues.ts";
import { scopeMutants } from "./list/scope.ts";
import { syncMutants } from "./list/sync.ts";
import { taskMutants } from "./list/task.ts";
import type { Mutant } from "./mutant.ts";

export const mutants: readonly Mutant[] = [
  ...kernelMutants,
  ...taskMutants,
  ...scopeMutants,
  ...syncMutants,
  ...queueMutants,
  ...manyMutants,
  ...flowMutants,
  ...borderMutants,
];
