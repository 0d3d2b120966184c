/** The life of a pool and of its workers: when they start, what they keep alive, how they end. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTask, gather, InvalidStateError, run, sleep, use } from "brigade";
import { threadPool } from "brigade/node";
import { afterAll, describe, expect, test } from "vitest";
import { runProgram } from "../../program.ts";
import { kinds, moduleURL, poolOf, reportsOf, thrownBy, withPool } from "./crunching.ts";

// Real threads and processes: no virtual time.

const folder = mkdtempSync(join(tmpdir(), "brigade-pool-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(kinds)("a pool of %s workers", (kind) => {
  test("starts workers as they are needed, and no more than its size", async () => {
    await withPool(kind, { size: 2 }, function* (pool) {
      expect(pool.idle).toBe(0);
      yield* pool.call("add", 1, 1);
      expect(pool.idle).toBe(1);
      const names = yield* gather([1, 2, 3, 4].map(() => pool.call("whoAmI")));
      expect(new Set(names).size).toBeLessThanOrEqual(2);
    });
  });

  test("replaces a worker after `recycle` calls", async () => {
    await withPool(kind, { recycle: 2 }, function* (pool) {
      const names: string[] = [];
      for (let i = 0; i < 5; i++) names.push(yield* pool.call("whoAmI"));
      expect(names[0]).toBe(names[1]);
      expect(names[2]).toBe(names[3]);
      expect(new Set(names).size).toBe(3);
    });
  });

  test("that was left without an error lets calls end; close does too, and refuses more", async () => {
    await withPool(kind, {}, function* (pool) {
      const call = createTask(pool.call("addLater", 1, 2));
      yield* sleep(0);
      const closing = createTask(pool.close());
      yield* sleep(0);
      expect(yield* thrownBy(pool.call("add", 1, 1))).toBeInstanceOf(InvalidStateError);
      expect(yield* call).toBe(3);
      yield* closing;
      expect(yield* thrownBy(pool.call("add", 1, 1))).toBeInstanceOf(InvalidStateError);
    });
  });

  test("that was left by an error cancels its calls, and they say why", async () => {
    await reportsOf(function* () {
      let outcome: unknown;
      const body = use(poolOf(kind), function* (pool) {
        yield* pool.call("add", 0, 0);
        createTask(
          (function* () {
            outcome = yield* thrownBy(pool.call("waitAsTask", join(folder, `${kind}-left`)));
          })(),
        );
        while (!existsSync(join(folder, `${kind}-left`))) yield* sleep(2);
        throw new RangeError("the body fails");
      });
      expect(yield* thrownBy(body)).toBeInstanceOf(RangeError);
      expect(outcome).toBeInstanceOf(InvalidStateError);
    });
  });

  test("that nobody closed ends with its run, and serves the next", async () => {
    const pool = poolOf(kind);
    for (let i = 0; i < 2; i++) {
      const reports = await reportsOf(() => pool.call("add", i, 1));
      expect(reports).toEqual([]);
    }
  });

  test("serves one run at a time", async () => {
    const pool = poolOf(kind);
    let goOn = false;
    const first = run(function* () {
      yield* pool.call("add", 1, 1);
      while (!goOn) yield* sleep(2);
    });
    while (pool.idle === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await expect(run(() => pool.call("add", 1, 1))).rejects.toThrow("serves another run");
    goOn = true;
    await first;
  });

  test("whose worker had to be killed at the end of the run says so, once, with its number and function", async () => {
    const file = join(folder, `${kind}-killed`);
    const reports: string[] = [];
    await run(
      function* () {
        createTask(poolOf(kind, { grace: 50 }).call("begin", file));
        while (!existsSync(file)) yield* sleep(2);
      },
      { onReport: ({ kind: what, message }) => reports.push(`${what}: ${message}`) },
    );
    expect(reports).toEqual([
      `killed: run ended: pool "crunch.ts" had to kill worker 1 (${kind}), which was still running "begin"`,
    ]);
  });

  test("keeps no process alive while it is idle, and hides no deadlock", async () => {
    const module = JSON.stringify(moduleURL("crunch.ts").href);
    const program = `
      import { run, Event } from "brigade";
      import { threadPool, processPool } from "brigade/node";
      const pool = ${kind}Pool(${module}, { size: 1 });
      await run(function* () {
        console.log(yield* pool.call("add", 1, 2));
        yield* new Event().wait();
      }).catch((error) => console.log(error.name));
    `;
    const ended = await runProgram(program);
    expect(ended).toMatchObject({ code: 0, stdout: "3\nDeadlockError\n" });
  });

  test("gives its workers the environment that it was given, or this process's", async () => {
    await withPool(kind, { env: { POOL_TEST: "given" } }, function* (pool) {
      expect(yield* pool.call("environment")).toEqual(["POOL_TEST"]);
    });
    await withPool(kind, {}, function* (pool) {
      expect(yield* pool.call("environment")).toContain("PATH");
    });
  });

  test("prints what its functions print", async () => {
    const source = `export const speak = (n) => { for (let i = 0; i < n; i++) { console.log("out " + i); console.error("err " + i); } };`;
    const module = JSON.stringify(`data:text/javascript,${encodeURIComponent(source)}`);
    const program = `
      import { run } from "brigade";
      import { threadPool, processPool } from "brigade/node";
      await run(() => ${kind}Pool(${module}, { size: 1 }).call("speak", 50));
    `;
    const { stdout, stderr } = await runProgram(program);
    expect(stdout.match(/out \d+/g)).toHaveLength(50);
    expect(stderr.match(/err \d+/g)).toHaveLength(50);
  });
});

test("the functions of two threads compute at the same time", async () => {
  await withPool("thread", { size: 2 }, function* (pool) {
    yield* gather([pool.call("addLater", 0, 0), pool.call("addLater", 0, 0)]); // both are started
    const file = join(folder, "together");
    // The one ends only when the other has begun.
    const waiting = createTask(pool.call("waitFor", file));
    const begins = createTask(pool.call("waitPolitely", file));
    expect(yield* waiting).toBeUndefined();
    begins.cancel();
  });
});

describe("a pool can't be made with", () => {
  test.each([
    ["a size of 0", { size: 0 }],
    ["a size that is no whole number", { size: 1.5 }],
    ["an endless size", { size: Infinity }],
    ["a recycle of 0", { recycle: 0 }],
    ["negative retries", { retries: -1 }],
    ["a negative queue", { queue: -1 }],
    ["an ahead of 0", { ahead: 0 }],
    ["a negative grace", { grace: -1 }],
  ])("%s: RangeError", (_, options) => {
    expect(() => threadPool(moduleURL("crunch.ts"), options)).toThrow(RangeError);
  });

  test("a relative path: TypeError says what to write", () => {
    expect(() => threadPool("./crunch.ts")).toThrow('new URL("./crunch.ts", import.meta.url)');
  });
});
