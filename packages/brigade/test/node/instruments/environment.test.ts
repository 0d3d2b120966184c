/** What the environment asks for: a trace of all runs, a socket, both without a change to what the program does. */
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { readTrace, STEP, type Trace } from "brigade/trace";
import { describe, expect, test } from "vitest";
import { eventually, Place, Watcher } from "./programs.ts";

// Processes of their own, with real sockets and files: no virtual time.

const sleeps = `
  import { coroutine, createTask, run, sleep } from "brigade";
  const child = coroutine(function* child() { yield* sleep("1h"); });
`;

const waits = `${sleeps}
  process.stdin.on("data", () => process.exit(7));
  await run(function* main() {
    createTask(child(), { name: "sleeper" });
    console.log("ready");
    for (;;) yield* sleep(5);
  });
`;

function traceIn(place: Place, name: string): Trace {
  return readTrace(readFileSync(place.file(name)));
}

function taskNames({ strings, type, a, count }: Trace): string[] {
  const names: string[] = [];
  for (let i = 0; i < count; i++) if (type[i] === 2 && a[i] !== 0) names.push(strings[a[i] as number] as string);
  return names;
}

describe("BRIGADE_TRACE", () => {
  test("records every run of the process into the file, and leaves its output and exit code alone", async () => {
    await using place = new Place();
    const program = place.start(
      `${sleeps}
      for (const name of ["first", "second"]) {
        await run(function* () { const task = createTask(child(), { name: name + " child" }); yield* sleep(1); task.cancel(); }, { name });
      }
      process.exitCode = 3;
      console.log("done");`,
      { BRIGADE_TRACE: "out.brigade" },
    );
    expect(await program.ended).toMatchObject({ code: 3, stdout: "done\n", stderr: "" });
    expect(place.traces()).toEqual(["out.brigade"]);
    const trace = traceIn(place, "out.brigade");
    expect(trace.end).toBe("complete");
    expect(taskNames(trace)).toEqual(["first", "first child", "second", "second child"]);
    expect(trace.meta.pid).toBe(program.pid);
  });

  test.for([
    ["process.exit in the middle", "process.exit(5);", { code: 5 }, "complete"],
    ["an error that nobody catches", 'throw new Error("oops");', { code: 1 }, "complete"],
    ["SIGKILL", 'process.kill(process.pid, "SIGKILL");', { signal: "SIGKILL" }, "open"],
  ] as const)("after %s what was recorded is there", async ([, last, how, end]) => {
    await using place = new Place();
    const program = place.start(
      `${sleeps}
      await run(function* () {
        for (let i = 0; i < 40; i++) yield* sleep(10);
        ${last}
      });`,
      { BRIGADE_TRACE: "out.brigade" },
    );
    expect(await program.ended).toMatchObject(how);
    const trace = traceIn(place, "out.brigade");
    expect(trace.end).toBe(end);
    expect(trace.type.filter((type) => type === STEP).length).toBeGreaterThan(5);
  });

  test("a child process that inherits it writes a file of its own", async () => {
    await using place = new Place();
    const program = place.start(
      `${sleeps}
      import { spawn } from "node:child_process";
      import { once } from "node:events";
      const inner = process.argv[2] === "inner";
      await run(function* () { yield* sleep(1); }, { name: inner ? "inner" : "outer" });
      if (!inner) await once(spawn(process.execPath, [...process.execArgv, process.argv[1], "inner"], { stdio: "inherit" }), "close");
      await run(function* () { yield* sleep(1); }, { name: inner ? "inner" : "outer" });`,
      { BRIGADE_TRACE: "out.brigade" },
    );
    expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
    const [own = "", others = ""] = place.traces();
    expect(own).toBe("out.brigade");
    expect(others).toMatch(/^out\.brigade\.\d+$/);
    expect(taskNames(traceIn(place, own))).toEqual(["outer", "outer"]);
    expect(taskNames(traceIn(place, others))).toEqual(["inner", "inner"]);
  });

  test("a trace that a child has written is not written over by its parent, which begins to record later", async () => {
    await using place = new Place();
    const program = place.start(
      `${sleeps}
      import { spawn } from "node:child_process";
      import { once } from "node:events";
      const inner = process.argv[2] === "inner";
      if (!inner) await once(spawn(process.execPath, [...process.execArgv, process.argv[1], "inner"], { stdio: "inherit" }), "close");
      await run(function* () { yield* sleep(1); }, { name: inner ? "inner" : "outer" });`,
      { BRIGADE_TRACE: "out.brigade" },
    );
    expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
    expect(place.traces()).toEqual(["out.brigade", `out.brigade.${program.pid}`]);
    expect(taskNames(traceIn(place, "out.brigade"))).toEqual(["inner"]);
  });

  test("worker threads write files of their own, with the number of the thread", async () => {
    await using place = new Place();
    const program = place.start(
      `${sleeps}
      import { isMainThread, Worker } from "node:worker_threads";
      import { once } from "node:events";
      await run(function* () { yield* sleep(1); }, { name: isMainThread ? "outer" : "inner" });
      if (isMainThread) await once(new Worker(new URL(import.meta.url)), "exit");`,
      { BRIGADE_TRACE: "out-%p.brigade" },
    );
    expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
    const own = `out-${program.pid}.brigade`;
    expect(place.traces()).toEqual([own, `${own}.1`]);
    expect(taskNames(traceIn(place, `${own}.1`))).toEqual(["inner"]);
  });

  test("a file that can't be written is said once, and the program does what it does", async () => {
    await using place = new Place();
    const program = place.start(
      'import { run, sleep } from "brigade"; await run(sleep(1)); await run(sleep(1)); console.log("done");',
      {
        BRIGADE_TRACE: "missing/out.brigade",
      },
    );
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
    expect(stderr).toMatch(/^brigade: no trace is written to missing\/out\.brigade: ENOENT[^\n]*\n$/);
  });
});

describe("BRIGADE_INSPECT", () => {
  test("opens the socket from the first run on, answers every call, and is gone with the process", async () => {
    await using place = new Place();
    const program = place.start(waits, { BRIGADE_INSPECT: "1" });
    await program.printed("ready");
    using watcher = await Watcher.at(place.socketOf(program.pid));
    const hello = await watcher.call("hello", {});
    expect(hello).toMatchObject({
      protocol: 1,
      pid: program.pid,
      thread: 0,
      title: "program-0.mts",
      flightEvents: 65_536,
    });
    expect(Math.abs(hello.watchedSince - Date.now())).toBeLessThan(15_000);
    const { rows, tasks } = await watcher.call("tasks", {});
    expect(tasks).toBe(2);
    expect(rows).toMatchObject([
      { name: "main", root: "generator", depth: 0, waitsFor: { kind: "sleep" } },
      { name: "sleeper", root: "child", depth: 1, frames: [{ name: "child", file: place.file("program-0.mts") }] },
    ]);
    const [first, second] = [await watcher.call("stats", {}), await watcher.call("stats", {})];
    expect(first).toMatchObject({ loops: 1, tasks: 2, created: 2, ended: 0 });
    expect(first.waiting + first.ready + first.running).toBe(2);
    expect(second.steps).toBeGreaterThanOrEqual(first.steps);
    expect(first.memory).toBeGreaterThan(first.heap);
    const detail = await watcher.call("task", { task: rows[1]?.task as number });
    expect(detail).toMatchObject({ name: "sleeper", parent: { name: "main" }, blocks: [], heldBy: [] });
    expect(await watcher.call("cycles", {})).toEqual([]);
    let text = "";
    expect(await watcher.call("dump", {}, (piece) => (text += piece))).toEqual({ tasks: 2 });
    expect(text).toMatch(/^task "main" .*\n {4}at generator \(.*program-0\.mts:\d+:\d+\)\n\ntask "sleeper" /);
    const bytes: Buffer[] = [];
    const { events } = await watcher.call("flight", {}, (piece) => bytes.push(Buffer.from(piece, "base64")));
    const trace = readTrace(Buffer.concat(bytes));
    expect(trace.end).toBe("complete");
    expect(trace.count).toBeGreaterThanOrEqual(events);
    expect(taskNames(trace)).toEqual(["main", "sleeper"]);
    program.process.stdin?.write("end\n");
    expect((await program.ended).code).toBe(7);
    await watcher.closed;
    expect(existsSync(place.socketOf(program.pid))).toBe(false);
  });

  test.for([
    [
      '{"id":4,"call":"nothing"}',
      'there is no call "nothing": there are hello, stats, tasks, task, cycles, dump, flight',
    ],
    ['{"id":4,"call":"constructor"}', 'there is no call "constructor"'],
    ['{"id":4}', "there is no call nothing"],
    ['{"id":4,"call":"tasks","offset":-1}', "offset is a whole number from 0 on, not -1"],
    ['{"id":4,"call":"tasks","limit":"5"}', 'limit is a whole number from 0 on, not "5"'],
    ['{"id":4,"call":"tasks","sort":"size"}', 'sort is one of tree, age, since, name, not "size"'],
    ['{"id":4,"call":"tasks","filter":[]}', "filter is a text, not []"],
    ['{"id":4,"call":"tasks","toggled":[1]}', "toggled is a list of keys of rows, not [1]"],
    ['{"id":4,"call":"task","task":77}', "there is no task 77 now: it has ended, or never was"],
  ])("%s is answered by what is wrong, and the next call is answered", async ([line = "", error = ""]) => {
    await using place = new Place();
    const program = place.start(waits, { BRIGADE_INSPECT: "1" });
    await program.printed("ready");
    using watcher = await Watcher.at(place.socketOf(program.pid));
    watcher.send(line);
    expect(await watcher.answer()).toMatchObject({ id: 4, error: expect.stringContaining(error) });
    expect((await watcher.call("tasks", {})).tasks).toBe(2);
  });

  test("neither the socket nor one who watches keeps a process alive, and nothing is left of the socket", async () => {
    await using place = new Place();
    const program = place.start(
      'import { run, sleep } from "brigade"; await run(function* () { console.log("ready"); yield* sleep(300); }); console.log("done");',
      { BRIGADE_INSPECT: "1" },
    );
    await program.printed("ready");
    using watcher = await Watcher.at(place.socketOf(program.pid));
    await watcher.call("hello", {});
    expect(await program.ended).toMatchObject({ code: 0, stdout: "ready\ndone\n", stderr: "" });
    await watcher.closed;
    expect(openedSockets(place)).toBe(false);
  });

  test.for([
    ["a program that is done ends", "", "done\n"],
    ["a deadlock is found", "yield* new Event().wait();", "DeadlockError\n"],
  ] as const)("%s, though one who watches does not read what was asked for", async ([, last, output]) => {
    await using place = new Place();
    const program = place.start(
      `import { coroutine, createTask, Event, run, sleep } from "brigade";
       const idle = coroutine(function* idle() { yield* sleep("1h"); });
       await run(function* () {
         const tasks = Array.from({ length: 20000 }, () => createTask(idle()));
         yield* sleep(1_000);
         for (const task of tasks) task.cancel();
         ${last}
         console.log("done");
       }).catch((error) => console.log(error.name));`,
      { BRIGADE_INSPECT: "1" },
    );
    await eventually("the socket is there", () => existsSync(place.socketOf(program.pid)));
    using watcher = await Watcher.at(place.socketOf(program.pid));
    watcher.socket.pause();
    for (let id = 1; id <= 20; id++) watcher.send(`{"id":${id},"call":"dump"}`);
    expect(await program.ended).toMatchObject({ code: 0, stdout: output });
  });

  test("a deadlock is found while somebody watches", async () => {
    await using place = new Place();
    const program = place.start(
      `import { Event, run, sleep } from "brigade";
       await run(function* () { yield* sleep(200); yield* new Event().wait(); }).catch((error) => console.log(error.name));`,
      { BRIGADE_INSPECT: "1" },
    );
    await eventually("the socket is there", () => existsSync(place.socketOf(program.pid)));
    using watcher = await Watcher.at(place.socketOf(program.pid));
    await watcher.call("hello", {});
    expect(await program.ended).toMatchObject({ code: 0, stdout: "DeadlockError\n" });
  });

  test("a program whose directory is not safe goes on, and says that it can't be watched", async () => {
    await using place = new Place();
    const program = place.start('import { run, sleep } from "brigade"; await run(sleep(1)); console.log("done");', {
      BRIGADE_INSPECT: "1",
      XDG_RUNTIME_DIR: place.file("missing"),
      TMPDIR: place.file("missing"),
    });
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
    expect(stderr).toMatch(/^brigade: this program can't be watched: ENOENT[^\n]*\n$/);
  });

  test("worker threads have sockets of their own", async () => {
    await using place = new Place();
    const program = place.start(
      `import { isMainThread, Worker } from "node:worker_threads";
       import { run, sleep } from "brigade";
       if (isMainThread) new Worker(new URL(import.meta.url));
       await run(function* () { yield* sleep(1); console.log(isMainThread ? "main is ready" : "worker is ready"); yield* sleep("1h"); }, { name: isMainThread ? "outer" : "inner" });`,
      { BRIGADE_INSPECT: "1" },
    );
    await program.printed("main is ready");
    await program.printed("worker is ready");
    using watcher = await Watcher.at(place.socketOf(program.pid).replace(".sock", ".1.sock"));
    expect(await watcher.call("hello", {})).toMatchObject({ pid: program.pid, thread: 1 });
    expect((await watcher.call("tasks", {})).rows).toMatchObject([{ name: "inner" }]);
  });
});

describe("SIGUSR2", () => {
  test("opens the socket of a program that runs; a second one changes nothing", async () => {
    await using place = new Place();
    const program = place.start(waits);
    await program.printed("ready");
    expect(openedSockets(place)).toBe(false);
    program.process.kill("SIGUSR2");
    await eventually("the socket is there", () => existsSync(place.socketOf(program.pid)));
    using watcher = await Watcher.at(place.socketOf(program.pid));
    expect((await watcher.call("tasks", {})).rows.map(({ name, age }) => [name, age])).toEqual([
      ["main", undefined],
      ["sleeper", undefined],
    ]);
    program.process.kill("SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await watcher.call("stats", {})).tasks).toBe(2);
    program.process.stdin?.write("end\n");
    expect(await program.ended).toMatchObject({ code: 7, stderr: "" });
  });

  test("runs that begin after it are seen too, with their ages", async () => {
    await using place = new Place();
    const program = place.start(
      `import { run, sleep } from "brigade";
       void run(function* () { console.log("ready"); yield* sleep("1h"); }, { name: "first" });
       process.stdin.on("data", () => void run(function* () { console.log("again"); yield* sleep("1h"); }, { name: "second" }));`,
    );
    await program.printed("ready");
    program.process.kill("SIGUSR2");
    await eventually("the socket is there", () => existsSync(place.socketOf(program.pid)));
    program.process.stdin?.write("more\n");
    await program.printed("again");
    using watcher = await Watcher.at(place.socketOf(program.pid));
    const { rows } = await watcher.call("tasks", {});
    expect(rows.map(({ name, age }) => [name, typeof age])).toEqual([
      ["first", "undefined"],
      ["second", "number"],
    ]);
  });

  test("is not listened for where BRIGADE_INSPECT=0 says so: it ends the process as it always does", async () => {
    await using place = new Place();
    const program = place.start(waits, { BRIGADE_INSPECT: "0" });
    await program.printed("ready");
    program.process.kill("SIGUSR2");
    expect(await program.ended).toMatchObject({ signal: "SIGUSR2" });
  });
});

test("1,000 suspended tasks are shown with their lines while the program goes on at its pace", async () => {
  await using place = new Place();
  const program = place.start(
    `import { coroutine, createTask, run, sleep } from "brigade";
     const inner = coroutine(function* inner() { yield* sleep("1h"); });
     const outer = coroutine(function* outer() { yield* inner(); });
     await run(function* () {
       for (let i = 0; i < 1000; i++) createTask(outer());
       yield* sleep(1);
       console.log("ready");
       for (;;) yield* sleep(5);
     });`,
    { BRIGADE_INSPECT: "1" },
  );
  await program.printed("ready");
  using watcher = await Watcher.at(place.socketOf(program.pid));
  const { rows } = await watcher.call("tasks", { group: false, limit: 1_000, offset: 1 });
  expect(rows).toHaveLength(1_000);
  for (const { frames } of rows) {
    expect(frames.map(({ name }) => name)).toEqual(["inner", "outer"]);
    expect(frames.every(({ line = 0 }) => line > 0)).toBe(true);
  }
});

test("100,000 live tasks are answered for a page at a time", async () => {
  await using place = new Place();
  const program = place.start(
    `import { coroutine, createTask, run, sleep } from "brigade";
     const idle = coroutine(function* idle() { yield* sleep("1h"); });
     await run(function* () {
       for (let i = 0; i < 100000; i++) createTask(idle());
       yield* sleep(1);
       console.log("ready");
       for (;;) yield* sleep(5);
     });`,
    { BRIGADE_INSPECT: "1" },
  );
  await program.printed("ready");
  using watcher = await Watcher.at(place.socketOf(program.pid));
  const page = await watcher.call("tasks", { group: false, offset: 100_000, limit: 50 });
  expect(page).toMatchObject({ tasks: 100_001, total: 100_001, rows: [{ name: "Task-100000" }] });
  expect((await watcher.call("tasks", {})).rows).toMatchObject([
    { name: expect.any(String) },
    { name: "Task-*", count: 100_000 },
  ]);
  let tasks = 0;
  await watcher.call("dump", {}, (piece) => (tasks += piece.match(/^task "/gm)?.length ?? 0));
  expect(tasks).toBe(100_001);
});

test("another user of the machine can't attach", async (context) => {
  context.skip(process.getuid?.() !== 0, "only root can be two users");
  await using place = new Place();
  chmodSync(place.path, 0o755); // it is the sockets' own directory that is to keep others out
  const program = place.start(waits, { BRIGADE_INSPECT: "1" });
  await program.printed("ready");
  const stranger = place.start(
    // It becomes another user once it runs: that one need not be able to read the project.
    `import { connect } from "node:net";
     process.setgid(65534); process.setuid(65534);
     connect(${JSON.stringify(place.socketOf(program.pid))}).on("error", ({ code }) => console.log(code)).on("connect", () => console.log("attached"));`,
    {},
  );
  expect((await stranger.ended).stdout).toBe("EACCES\n");
});

function openedSockets(place: Place): boolean {
  return existsSync(place.sockets) && readdirSync(place.sockets).length > 0;
}
