/** Looking at the tasks of this process from inside it: the page, the dump, the circles. Looking changes nothing. */
import type { Recorder } from "../recorder/options.ts";
import { TraceRecorder } from "../recorder/trace-recorder.ts";
import { dumpOf } from "./dump.ts";
import { postMortemOf } from "./post-mortem.ts";
import type { TaskPage, TaskQuery, WaitCycle } from "./protocol.ts";
import { atOnce, Program } from "./program.ts";
import { taskPage } from "./tree.ts";

const programs = /* @__PURE__ */ new WeakMap<object, Program>(); // by recorder: numbers stay the same from call to call
const unrecorded = {};

/** @internal The program as this recorder knows it. */
export function programOf(recorder: Recorder | undefined): Program {
  const key = recorder ?? unrecorded;
  let program = programs.get(key);
  if (program === undefined) {
    program = new Program(recorder instanceof TraceRecorder ? recorder : undefined);
    programs.set(key, program);
  }
  return program;
}

/**
 * A window of the tree of all tasks that live in this process, as `brigade top` shows it: name, state, what each waits for, its
 * frames with file and line. Siblings that look alike are one row. With the recorder that observes the program it also knows who
 * made whom, how old tasks are, and who holds what. Changes nothing about the tasks; takes about a microsecond a task, and some
 * tens for each row. Throws nothing; a query of wrong kinds gives wrong rows.
 *
 * @example
 * ```ts
 * import { gather, run, sleep } from "brigade";
 * import { liveTasks, recorder } from "brigade/trace";
 *
 * const observer = recorder({ last: 1_000 });
 * await run(
 *   function* () {
 *     yield* gather([
 *       sleep("10ms"),
 *       (function* () {
 *         yield* sleep("1ms");
 *         for (const { name, waitsFor } of liveTasks({}, observer).rows) console.log(name, waitsFor?.kind);
 *       })(),
 *     ]);
 *   },
 *   { observer },
 * );
 * ```
 */
export function liveTasks(query: TaskQuery = {}, recorder?: Recorder): TaskPage {
  return atOnce(taskPage(programOf(recorder), query));
}

/**
 * The circles in which tasks of this process wait for one another, and who waits for those: "A holds lock `db` and waits for lock
 * `cache`, held by B, which waits for `db`". Who holds a lock is known of those that were taken while the recorder observed; only what
 * is certain is told. Waits for nothing, and changes nothing.
 *
 * @example
 * ```ts
 * import { createTask, Lock, run, sleep } from "brigade";
 * import { liveCycles, recorder } from "brigade/trace";
 *
 * const [db, cache] = [new Lock({ name: "db" }), new Lock({ name: "cache" })];
 * const observer = recorder({ last: 1_000 });
 * function* both(first: Lock, second: Lock) {
 *   using _first = yield* first.acquire();
 *   yield* sleep("1ms");
 *   using _second = yield* second.acquire();
 * }
 * await run(
 *   function* () {
 *     createTask(both(db, cache), { name: "A" });
 *     createTask(both(cache, db), { name: "B" });
 *     yield* sleep("50ms");
 *     console.log(liveCycles(observer)[0]?.text);
 *   },
 *   { observer },
 * );
 * ```
 */
export function liveCycles(recorder: Recorder): WaitCycle[] {
  return atOnce(programOf(recorder).cycles());
}

/**
 * Writes every live task of this process as text, a piece for each: what it waits for, for how long, and its frames with file and
 * line. Holds one task's text at a time, however many there are. Gives how many there were. What `write` throws ends it.
 *
 * @example
 * ```ts
 * import { run } from "brigade";
 * import { dump } from "brigade/trace";
 *
 * await run(function* () {
 *   dump((text) => process.stdout.write(text));
 * });
 * ```
 */
export function dump(write: (text: string) => void, recorder?: Recorder): number {
  const pieces = dumpOf(programOf(recorder));
  try {
    for (;;) {
      const { done, value } = pieces.next();
      if (done) return value;
      write(value);
    }
  } finally {
    pieces.return(0);
  }
}

/**
 * A report for whoever finds it later, in pieces: the reason, circles of tasks that wait for one another, each live task with its
 * frames, and the last events that the recorder holds. Waits for nothing.
 *
 * @example
 * ```ts
 * import { run, sleep } from "brigade";
 * import { postMortemText, recorder } from "brigade/trace";
 *
 * const observer = recorder({ last: 1_000 });
 * await run(sleep("1ms"), { observer });
 * console.log([...postMortemText("I wanted to know", observer)].join(""));
 * ```
 */
export function postMortemText(reason: string, recorder?: Recorder): Iterable<string> {
  return postMortemOf(programOf(recorder), reason);
}
