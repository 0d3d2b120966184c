/** What is a process's own: its group, what it starts, and the end of the program that it belongs to. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTask, sleep } from "brigade";
import { afterAll, expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { startProgram } from "../../program.ts";
import { isAlive, processAt } from "../left.ts";
import { moduleURL, withPool } from "./crunching.ts";

// Real processes: no virtual time.

const folder = mkdtempSync(join(tmpdir(), "brigade-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Waits until the process is gone, and says whether that came about. */
async function gone(pid: number): Promise<boolean> {
  for (const end = performance.now() + 5_000; performance.now() < end; ) {
    if (!isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

test("a process stands in a group of its own: Ctrl-C at the terminal does not reach it", async () => {
  await withPool("process", {}, function* (pool) {
    const pid = Number((yield* pool.call("whoAmI")).split("/")[0]);
    expect(processAt(pid)).toMatchObject({ group: pid, parent: process.pid });
  });
});

test("what a process has started is killed with it", async () => {
  const file = join(folder, "grandchild");
  await withPool("process", { grace: 50 }, function* (pool) {
    const call = createTask(pool.call("startAndSpin", file));
    while (!existsSync(file)) yield* sleep(2);
    const grandchild = Number(readFileSync(file, "utf8"));
    expect(isAlive(grandchild)).toBe(true);
    expect(yield* cancelled(call)).toBe("cancelled");
    while (isAlive(grandchild)) yield* sleep(2); // the system needs a moment
  });
});

/** The rest of a main that has the pool: it prints the id of a worker. */
const inPool = (rest: string): string => `
  import { createTask, run, sleep } from "brigade";
  import { processPool } from "brigade/node";
  await run(function* () {
    const pool = processPool(${JSON.stringify(moduleURL("crunch.ts").href)}, { size: 1 });
    console.log("worker " + (yield* pool.call("whoAmI")));
    ${rest}
    console.log("ready");
    yield* sleep(60_000);
  });
`;

test.each([
  ["is idle", ""],
  ["computes without end", 'createTask(pool.call("begin", process.env.BEGUN)); yield* sleep(50);'],
])("a process that %s ends when the program that it belongs to is killed", async (_, rest) => {
  process.env["BEGUN"] = join(folder, "begun");
  const program = startProgram(inPool(rest));
  let printed = "";
  program.process.stdout?.on("data", (text: string) => {
    printed += text;
  });
  await program.printed("ready");
  const worker = Number(/worker (\d+)/.exec(printed)?.[1]);
  expect(isAlive(worker)).toBe(true);
  program.process.kill("SIGKILL");
  expect(await gone(worker)).toBe(true);
  await program.ended;
});
