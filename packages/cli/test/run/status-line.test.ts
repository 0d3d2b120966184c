/** The line below a silent program: what it tells, and that it is never in the way. */
import { gather, getRunningLoop, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";

import { describe, expect, test } from "vitest";
import { statusText } from "../../src/run/status-line.ts";
import { hasProgram } from "../command/process.ts";
import { Place } from "./place.ts";
import { Terminal } from "./terminal.ts";

test("it tells the time, the tasks, and what most of them wait for but for each other", async () => {
  let text = "";
  await run(
    function* () {
      const loop = getRunningLoop();
      loop.callLater(5, () => (text = statusText(12_345, loop.allTasks())));
      yield* gather([sleep(100), sleep(100), sleep(100)]);
    },
    { clock: virtualClock() },
  );
  expect(text).toBe("12 s  4 tasks, 3 in sleep");
});

// In real time: a terminal is looked at.
describe.skipIf(!hasProgram("tmux"))("on a terminal", () => {
  test("it comes after a second of silence, makes way for what the program prints, and leaves nothing", async () => {
    using place = new Place();
    const text = `export function* main() { yield* sleep(2_000); console.log("printed"); yield* sleep(2_500); }`;
    using terminal = new Terminal(place.command("run", place.program("main.ts", text)), place.path);
    expect(await terminal.shows(/^\d s {2}1 task, 1 in sleep$/m)).toHaveLength(1);
    expect((await terminal.shows(/printed/))[0]).toBe("printed");
    expect((await terminal.shows(/1 task/))[0]).toBe("printed");
    expect(await terminal.shows(/exit/)).toEqual(["printed", "exit 0"]);
  });

  test("it is not drawn over a line that the program has not ended, nor where it moves the cursor itself", async () => {
    using place = new Place();
    const text = String.raw`export function* main() { process.stdout.write("name? "); yield* sleep(2_500); process.stdout.write("\u001b[1Gagain\n"); yield* sleep(2_500); }`;
    using terminal = new Terminal(place.command("run", place.program("main.ts", text)), place.path);
    const seen: string[] = [];
    await terminal.shows(/name\?/);
    for (let look = 0; look < 40; look++) seen.push((await terminal.shows(/./)).join("\n"));
    expect(await terminal.shows(/exit/)).toEqual(
      ["again?", "exit 0"].map((line) => line.replace("again?", "again ")).map((line) => line.trimEnd()),
    );
    expect(seen.filter((screen) => screen.includes("task"))).toEqual([]);
  });

  test("an error that nobody catches stands on lines of its own", async () => {
    using place = new Place();
    const text = `export function* main() { setTimeout(() => { throw new Error("lost") }, 2_000); yield* sleep(60_000); }`;
    using terminal = new Terminal(place.command("run", place.program("main.ts", text)), place.path);
    await terminal.shows(/1 task/);
    const lines = await terminal.shows(/exit/);
    expect(lines.filter((line) => line.includes("1 task"))).toEqual([]);
    expect(lines.at(-1)).toBe("exit 1");
  });
});
