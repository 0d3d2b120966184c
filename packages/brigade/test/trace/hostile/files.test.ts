/** Traces that the environment asks for, of programs that die in every way, on disks that take nothing, from many processes at once. */
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CREATED, DONE, NAMED, readTrace, STEP, type Trace } from "brigade/trace";
import { expect, test } from "vitest";
import { look } from "./promises.ts";
import { type Ended, folder, Program } from "./watched.ts";

/** Ticks for ever, or so often; prints what it has done. */
const ticking = (rounds: number | "for ever", end = ""): string => `
import { coroutine, gather, Lock, run, sleep } from "brigade";
const lock = new Lock({ name: "db" });
const tick = coroutine(function* tick(round) {
  using _ = yield* lock.acquire();
  yield* sleep(1);
});
const main = coroutine(function* main() {
  for (let i = 0; i < ${rounds === "for ever" ? Infinity : rounds}; i++) {
    yield* gather([tick(i), tick(i)]);
    if (i === 5) console.log("ticking");
  }
  ${end}
  return "value";
});
console.log(await run(main()));
`;

function traced(source: string, file: string, env: Readonly<Record<string, string>> = {}): Program {
  return new Program(source, { env: { BRIGADE_TRACE: file, ...env } });
}

function expectFine({ code, stdout, stderr }: Ended): void {
  expect(stderr).toBe("");
  expect(stdout).toContain("value");
  expect(code).toBe(0);
}

function read(file: string): Trace {
  return readTrace(readFileSync(file), { name: file });
}

test("a program that ends has its whole trace in the file, and only its user may read it", async () => {
  const file = join(folder(), "out.brigade");
  expectFine(await traced(ticking(10), file).ended);
  const trace = read(file);
  expect(trace.end).toBe("complete");
  expect(look(trace).violations).toEqual([]);
  expect(statSync(file).mode & 0o077).toBe(0);
});

test("SIGKILL in the middle leaves a trace that is read up to its last flush", async () => {
  const file = join(folder(), "out.brigade");
  const program = traced(ticking("for ever"), file);
  await program.printed("ticking");
  const began = performance.now();
  // It flushes four times a second, in real time.
  while (performance.now() - began < 1_200) await new Promise((resolve) => setTimeout(resolve, 50));
  program.signal("SIGKILL");
  expect((await program.ended).signal).toBe("SIGKILL");
  const trace = read(file);
  expect(trace.end).toBe("open");
  expect(trace.lost).toBe(0);
  const times = [...trace.time].filter((_, i) => trace.type[i] === STEP);
  expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThan(500);
  const { violations, tasks } = look(trace, { whole: false });
  expect(violations).toEqual([]);
  expect([...tasks.values()][0]?.name).toBe("main");
});

for (const [what, end, ends] of [
  ["process.exit in a coroutine", "process.exit(7);", { code: 7 }],
  [
    "an error that nobody catches, thrown by the host",
    'setTimeout(() => { throw new Error("crash"); }); yield* sleep(1000);',
    { code: 1 },
  ],
  ["a rejection that nobody handles", 'Promise.reject(new Error("crash")); yield* sleep(1000);', { code: 1 }],
  ["an error of main", 'throw new Error("crash");', { code: 1 }],
] as const) {
  test(`${what} leaves a whole trace, and the exit code that it has without one`, async () => {
    const file = join(folder(), "out.brigade");
    const bare = await new Program(ticking(8, end)).ended;
    const { code, stdout, stderr } = await traced(ticking(8, end), file).ended;
    expect({ code, stdout }).toEqual({ code: bare.code, stdout: bare.stdout });
    expect(code).toBe(ends.code);
    expect(stderr.includes("crash")).toBe(bare.stderr.includes("crash"));
    const trace = read(file);
    expect(trace.end).toBe("complete");
    expect([...trace.type].filter((type) => type === CREATED).length).toBeGreaterThan(16);
  });
}

test("SIGTERM and SIGINT end a traced program as they end it untraced, and the trace is there up to its last flush", async () => {
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    const file = join(folder(), "out.brigade");
    const program = traced(ticking("for ever"), file);
    await program.printed("ticking");
    program.signal(name);
    expect((await program.ended).signal).toBe(name);
    expect(["open", "complete"]).toContain(read(file).end);
  }
});

for (const [what, prepare] of [
  ["a disk that is full", () => "/dev/full"],
  ["a directory that is not there", () => join(folder(), "no", "such", "out.brigade")],
  ["a directory", () => folder()],
  [
    "a file that is no trace",
    () => {
      const file = join(folder(), "thesis.txt");
      writeFileSync(file, "years of work");
      return file;
    },
  ],
  [
    "a link that leads nowhere",
    () => {
      const link = join(folder(), "out.brigade");
      symlinkSync("/no/such/place", link);
      return link;
    },
  ],
] as const) {
  test(`${what} where the trace should go is told once, with the file; the program runs as without`, async () => {
    const file = prepare();
    const { code, stdout, stderr } = await traced(ticking(300), file).ended;
    expect([code, stdout.includes("value")]).toEqual([0, true]);
    const told = stderr.trimEnd().split("\n");
    expect(told, stderr).toHaveLength(1);
    expect(told[0]).toContain(file);
    expect(told[0]).toMatch(/^(\(node:\d+\) )?brigade: /);
    if (file.endsWith("thesis.txt")) expect(readFileSync(file, "utf8")).toBe("years of work");
  });
}

test.skipIf(process.getuid?.() !== 0)("a file that may only be read is told once, by whoever is not root", async () => {
  const place = folder();
  chmodSync(place, 0o755);
  const file = join(place, "out.brigade");
  writeFileSync(file, "");
  chmodSync(file, 0o444);
  // All is loaded before it becomes another user: that one need not be able to read the project.
  const source = `
    import { run, sleep } from "brigade";
    import { fileSink } from "brigade/instruments";
    import { recorder } from "brigade/trace";
    const file = process.env.BRIGADE_TRACE;
    delete process.env.BRIGADE_TRACE;
    process.setgid(65534); process.setuid(65534);
    await run(sleep(1), { observer: recorder({ sink: fileSink(file) }) });
    console.log("value");
  `;
  const { code, stdout, stderr } = await traced(source, file).ended;
  expect([code, stdout.includes("value")]).toEqual([0, true]);
  expect(stderr).toContain(file);
  expect(statSync(file).size).toBe(0);
});

test("children that inherit the environment write files of their own, and every file can be read", async () => {
  const place = folder();
  const file = join(place, "out.brigade");
  const source = `
    import { coroutine, run, sleep } from "brigade";
    import { execFileSync } from "node:child_process";
    const child = ${JSON.stringify(ticking(3))};
    const main = coroutine(function* main() {
      for (let i = 0; i < 3; i++) {
        execFileSync(process.execPath, ["--conditions=@brigade/source", "--input-type=module", "--eval", child]);
        yield* sleep(1);
      }
    });
    await run(main(), { name: "parent" });
    console.log("value");
  `;
  expectFine(await traced(source, file).ended);
  const files = readdirSync(place);
  expect(files).toHaveLength(4);
  const mains = files.map((name) => {
    const trace = read(join(place, name));
    expect(trace.end).toBe("complete");
    const named = [...trace.type].findIndex((type) => type === NAMED);
    return trace.strings[trace.a[named] as number];
  });
  expect(mains.filter((name) => name === "main")).toHaveLength(3);
  expect(mains[files.indexOf("out.brigade")]).toBe("parent");
});

test("programs that start at the same moment with one file name spoil no file of each other", async () => {
  const place = folder();
  const file = join(place, "out.brigade");
  const programs = Array.from({ length: 6 }, () => traced(ticking(5), file));
  for (const program of programs) expectFine(await program.ended);
  const files = readdirSync(place);
  for (const name of files) expect(read(join(place, name)).end, name).toBe("complete");
  expect(files.length).toBe(6);
});

test("threads write files of their own", async () => {
  const place = folder();
  const file = join(place, "out-%p.brigade");
  const source = `
    import { Worker } from "node:worker_threads";
    const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(
      `import { run, sleep } from ${JSON.stringify(new URL("../../../src/index.ts", import.meta.url).href)}; await run(sleep(1), { name: "thread" });`,
    )})), { execArgv: ["--conditions=@brigade/source"] });
    await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    const { run, sleep } = await import("brigade");
    await run(sleep(1), { name: "program" });
    console.log("value");
  `;
  const program = traced(source, file);
  expectFine(await program.ended);
  const files = readdirSync(place).toSorted();
  expect(files).toHaveLength(2);
  expect(files[0]).toBe(`out-${program.pid}.brigade`);
  for (const name of files) expect(read(join(place, name)).end).toBe("complete");
});

test("a second run of the program replaces the trace of the first", async () => {
  const file = join(folder(), "out.brigade");
  expectFine(await traced(ticking(30), file).ended);
  const before = read(file).count;
  expectFine(await traced(ticking(3), file).ended);
  expect(read(file)).toMatchObject({ end: "complete" });
  expect(read(file).count).toBeLessThan(before);
  expect(readdirSync(join(file, ".."))).toEqual(["out.brigade"]);
});

test("schedules that are explored are the same ones, traced and not, and all of them are in the trace", async () => {
  const source = `
    import { coroutine, gather, Lock, sleep } from "brigade";
    import { explore } from "brigade/testing";
    const lock = new Lock();
    let held = 0;
    const one = coroutine(function* one() {
      using _ = yield* lock.acquire();
      if (++held > 1) throw new Error("two at once");
      yield* sleep(1);
      held--;
    });
    const { schedules } = await explore(() => gather([one(), one(), one()]), { schedules: 50, cancelAnywhere: false });
    console.log("value", schedules);
  `;
  const file = join(folder(), "out.brigade");
  const alone = await new Program(source).ended;
  const recorded = await traced(source, file).ended;
  expectFine(alone);
  expect(recorded).toEqual(alone);
  const trace = read(file);
  expect(trace.end).toBe("complete");
  // Each schedule has a clock of its own, which begins at 0.
  const count = (kind: number): number => [...trace.type].filter((type) => type === kind).length;
  expect(count(CREATED)).toBeGreaterThan(100);
  expect(count(DONE)).toBe(count(CREATED));
});

test("an empty name asks for nothing", async () => {
  const cwd = folder();
  const source = ticking(1).replace(
    '"brigade"',
    JSON.stringify(new URL("../../../src/index.ts", import.meta.url).href),
  );
  const { code, stderr } = await new Program(source, { cwd, env: { BRIGADE_TRACE: "", BRIGADE_FLIGHT: "" } }).ended;
  expect([code, stderr]).toEqual([0, ""]);
  expect(readdirSync(cwd)).toEqual([]);
});
