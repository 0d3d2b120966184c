/** What the workers of these tests do: each leaves a line for every attempt, and an effect once for every job. */
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "brigade";
import { currentJob, type TaskDefinition, task } from "@brigade/workers";

const machine = process.env["BRIGADE_TEST_MACHINE"] ?? "here";

/** Which job it was, and where it ran. */
interface Where {
  readonly n: number;
  readonly machine: string;
}

/** A short line is appended whole, whoever else appends. */
function log(folder: string, what: string): void {
  const { id, attempt } = currentJob();
  appendFileSync(join(folder, "journal"), `${what} ${id} ${attempt} ${machine} ${process.pid}\n`);
}

/** As a program does that keys what it does by the job: the second time changes nothing. */
function affect(folder: string): void {
  try {
    writeFileSync(join(folder, "effects", currentJob().id), machine, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    log(folder, "again");
  }
}

/** Takes `ms`, then has its effect, and tells where that was. */
export const work: TaskDefinition<[folder: string, n: number, ms: number], Where> = task(
  function* work(folder: string, n: number, ms: number) {
    log(folder, "begin");
    yield* sleep(ms);
    affect(folder);
    log(folder, "end");
    return { n, machine };
  },
  { retries: 0 },
);

/** Can't be stopped, and does not wait: holds its process for `ms`. */
export const grind: TaskDefinition<[folder: string, n: number, ms: number], Where> = task(
  function grind(folder: string, n: number, ms: number) {
    log(folder, "begin");
    const end = performance.now() + ms;
    while (performance.now() < end);
    affect(folder);
    log(folder, "end");
    return { n, machine };
  },
  { retries: 0 },
);
