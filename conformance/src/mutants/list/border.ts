/** Mutants of border/: the end of a run, promises, signals. */
import type { Mutant } from "../mutant.ts";

export const borderMutants: readonly Mutant[] = [
  {
    name: "run waits instead of cancelling",
    promise: "When main has ended, tasks still running are cancelled.",
    file: "border/run.ts",
    find: "if (reason !== undefined) task.cancel(reason);",
    replace: "",
    unit: ["border/end-of-run.test.ts", "border/run.test.ts"],
  },
  {
    name: "errors vanish at the end of run",
    promise: "A task that failed and nobody looked at is reported when run ends.",
    file: "border/run.ts",
    find: "    reportUnretrieved(loop);\n",
    replace: "",
    unit: ["report/unretrieved-error.test.ts"],
  },
  {
    name: "aborted signal ignored",
    promise: "A signal that was aborted before run cancels main.",
    file: "border/run.ts",
    find: "if (signal.aborted) abort();",
    replace: "",
    unit: ["border/signals.test.ts", "border/run.test.ts"],
  },
  {
    name: "cancelled promise not aborted",
    promise: "A cancelled fromPromise(signal => …) aborts the signal.",
    file: "border/from-promise.ts",
    find: "this.#controller.abort(reason instanceof Error ? reason : new CancelledError(undefined, reason));",
    replace: "",
    unit: ["border/cancelled-promise.test.ts", "border/from-promise.test.ts"],
  },
  {
    name: "rejection of a left promise lost",
    promise: "The later rejection of a promise that a cancelled task left is reported.",
    file: "task/promise.ts",
    find: '} else if (state === "rejected") this.#reportRejection();',
    replace: "}",
    unit: ["border/cancelled-promise.test.ts", "report/unretrieved-error.test.ts"],
  },
  {
    name: "deadlock without cleanup",
    promise: "In a deadlock, tasks are unwound before the run rejects.",
    file: "border/run.ts",
    find: "const left = tasks.filter((task) => task.leave());",
    replace: "const left = tasks.filter(() => false);",
    unit: ["task/against-cpython.test.ts"],
  },
];
