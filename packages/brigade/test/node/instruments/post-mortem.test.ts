/** What is written when a program comes to a bad end; and that it ends as it would have without that. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readTrace } from "brigade/trace";
import { postMortem } from "brigade/instruments";
import { describe, expect, test } from "vitest";
import { eventually, Place } from "./programs.ts";

// Processes of their own: what they end with is what counts.

const crashes = `
  import { coroutine, createTask, run, sleep } from "brigade";
  const child = coroutine(function* child() { yield* sleep("1h"); });
  const working = (after) => run(function* () {
    createTask(child(), { name: "sleeper" });
    console.log("ready");
    yield* sleep(20);
    yield* after();
    yield* sleep("1h");
  });
`;

const deadlock = `
  import { createTask, Lock, run, sleep } from "brigade";
  const [db, cache] = [new Lock({ name: "db" }), new Lock({ name: "cache" })];
  function* both(first, second) {
    using _first = yield* first.acquire();
    yield* sleep(1);
    using _second = yield* second.acquire();
  }
  await run(function* () {
    const a = createTask(both(db, cache), { name: "A" });
    createTask(both(cache, db), { name: "B" });
    yield* a;
  });
`;

function reportIn(place: Place, name: string): string {
  return readFileSync(place.file(`${name}.txt`), "utf8");
}

describe("BRIGADE_FLIGHT", () => {
  test.for([
    ["an error that nobody caught", 'setTimeout(() => { throw new Error("oops"); }, 5);'],
    ["a rejection that nobody handled", 'setTimeout(() => void Promise.reject(new Error("oops")), 5);'],
  ] as const)(
    "%s is written down with the tasks that lived then, and ends the process as without it",
    async ([reason, code]) => {
      await using place = new Place();
      const source = `${crashes} void working(function* () { ${code} });`;
      const [plain, watched] = await Promise.all([
        place.start(source).ended,
        place.start(source, { BRIGADE_FLIGHT: "crash.brigade" }).ended,
      ]);
      expect(watched.code).toBe(plain.code);
      expect(watched.code).toBe(1);
      const lines = watched.stderr.split("\n").filter((line) => line.startsWith("brigade: "));
      expect(lines).toEqual([
        expect.stringMatching(
          /^brigade: the last events are in crash\.brigade, and what they say in crash\.brigade\.txt \(/,
        ),
      ]);
      const report = reportIn(place, "crash.brigade");
      expect(report).toContain(`${reason}: Error: oops`);
      expect(report).toMatch(
        /^task "sleeper" .* waiting .* for sleep 3600000 ms\n {4}at child \(.*program-\d\.mts:\d+:\d+\)$/m,
      );
      expect(report).toMatch(/^ {2} +-\S+ m?s {2}"sleeper" \(2\) began to wait: sleep/m);
      const trace = readTrace(readFileSync(place.file("crash.brigade")));
      expect(trace.end).toBe("complete");
    },
  );

  test("a deadlock is written down with its circle, before the tasks unwind", async () => {
    await using place = new Place();
    const { code, stderr } = await place.start(deadlock, { BRIGADE_FLIGHT: "stuck-%p.brigade" }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("DeadlockError");
    const [trace = "", report = ""] = place.traces();
    expect([trace, report]).toEqual([expect.stringMatching(/^stuck-\d+\.brigade$/), `${trace}.txt`]);
    const text = reportIn(place, trace);
    expect(text).toMatch(/^deadlock: nothing can ever wake the 3 tasks that wait:/m);
    expect(text).toContain(
      "waits-for cycle: A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`",
    );
    expect(text).toContain("because of it these can never be woken either: main (1)");
    expect(text).toMatch(/^task "A" .* waiting .* for Lock\.acquire of lock `cache`, held by B \(3\)$/m);
  });

  test("a program that ends well writes nothing", async () => {
    await using place = new Place();
    const ended = await place.start(
      `${crashes} setTimeout(() => process.exit(4), 50); await working(function* () {});`,
      {
        BRIGADE_FLIGHT: "crash.brigade",
      },
    ).ended;
    expect(ended).toMatchObject({ code: 4, stderr: "" });
    expect(place.traces()).toEqual([]);
  });

  test("an error that a handler of the program takes is no crash", async () => {
    await using place = new Place();
    const ended = await place.start(
      `${crashes} process.on("unhandledRejection", () => process.exit(0)); void working(function* () { void Promise.reject(new Error("oops")); });`,
      { BRIGADE_FLIGHT: "crash.brigade" },
    ).ended;
    expect(ended.code).toBe(0);
    expect(place.traces()).toEqual([]);
  });

  test("SIGUSR2 writes it while the program goes on, and again the next time", async () => {
    await using place = new Place();
    const program = place.start(`${crashes} await working(function* () {});`, { BRIGADE_FLIGHT: "now.brigade" });
    await program.printed("ready");
    program.process.kill("SIGUSR2");
    const report = (): string => (existsSync(place.file("now.brigade.txt")) ? reportIn(place, "now.brigade") : "");
    await eventually("it is written", () => /^the signal SIGUSR2$/m.test(report()));
    writeFileSync(place.file("now.brigade.txt"), "");
    program.process.kill("SIGUSR2");
    await eventually("it is written again", () => reportIn(place, "now.brigade") !== "");
    expect(place.traces()).toEqual(["now.brigade", "now.brigade.txt"]);
    expect(program.process.exitCode).toBe(null);
  });

  test("a file that can't be written is said, and the process ends as it would", async () => {
    await using place = new Place();
    const { code, stderr } = await place.start(`${crashes} void working(function* () { throw new Error("oops"); });`, {
      BRIGADE_FLIGHT: "missing/crash.brigade",
    }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^brigade: no trace is written to missing\/crash\.brigade: ENOENT/m);
    expect(stderr).toMatch(/^brigade: no post-mortem could be written to missing\/crash\.brigade: ENOENT/m);
    expect(stderr).toContain("Error: oops");
  });
});

describe("postMortem", () => {
  test("listens for as long as it is asked to, and no longer", async () => {
    await using place = new Place();
    const { code, stdout } = await place.start(
      `import { postMortem } from "brigade/instruments";
       import { recorder } from "brigade/trace";
       const count = () => ["uncaughtExceptionMonitor", "SIGHUP"].map((name) => process.listenerCount(name)).join(" ");
       {
         using _written = postMortem({ recorder: recorder({ last: 100 }), file: "x.brigade", signals: ["SIGHUP"] });
         console.log(count());
       }
       console.log(count());`,
      {},
      { flags: ["--js-explicit-resource-management"] },
    ).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1 1\n0 0\n" });
  });

  test("at a signal that it was given it writes what its own recorder holds", async () => {
    await using place = new Place();
    const program = place.start(
      `import { postMortem } from "brigade/instruments";
       import { recorder } from "brigade/trace";
       import { run, sleep } from "brigade";
       const observer = recorder({ last: 100 });
       postMortem({ recorder: observer, file: "x.brigade", signals: ["SIGHUP"] });
       await run(function* () { console.log("ready"); for (;;) yield* sleep(5); }, { observer, name: "looping" });`,
    );
    await program.printed("ready");
    program.process.kill("SIGHUP");
    const file = place.file("x.brigade.txt"); // there, and empty, before it is written
    await eventually(
      "it is written",
      () => existsSync(file) && reportIn(place, "x.brigade").includes('task "looping"'),
    );
    expect(program.process.exitCode).toBe(null);
  });

  test("takes a recorder and the name of a file, and says so of anything else", () => {
    expect(() => postMortem({ recorder: {} as never, file: "x" })).toThrow(/takes a recorder made by recorder\(\)/);
  });
});
