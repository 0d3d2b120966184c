/** Subprocesses that ignore, flood, close early, and leave others behind: nothing of them is left. */
import { spawn as nodeSpawn } from "node:child_process";
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  forEach,
  gather,
  sleep,
  timeout,
  use,
} from "brigade";
import { exec, ExitError, OutputLimitError, spawn } from "brigade/node";
import { describe, expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { descriptors, isAlive, processAt, processesBelow } from "../left.ts";
import { errorOf, expectNothingLeft } from "./leaves-nothing.ts";

// Real processes: no virtual time.

const node = process.execPath;
const MEGABYTE = 1024 * 1024;

/** Bytes that are in use. V8 sweeps array buffers beside the program, a moment after the collection. */
const memory: () => Coroutine<number> = coroutine(function* memory(): CoroutineBody<number> {
  globalThis.gc?.();
  yield* sleep(50);
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
});

/** The pids that a command prints, a line each. */
const pidsOf: (lines: string) => number[] = (lines) => lines.trim().split(/\s+/).map(Number);

describe("a subprocess that ignores SIGTERM", () => {
  test("is killed after the grace by exec's cancellation, and not before", async () => {
    await expectNothingLeft(function* () {
      const script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
      const task = createTask(exec("sh", ["-c", script], { grace: 150 }));
      yield* sleep(150);
      const began = performance.now();
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(performance.now() - began).toBeGreaterThanOrEqual(145);
    });
  });

  test("is killed after the grace when its resource is left, and its status tells the signal", async () => {
    await expectNothingLeft(function* () {
      const script =
        "process.on('SIGTERM', () => console.log('no')); console.log('ready'); setInterval(() => {}, 1000)";
      const kept = yield* use(spawn(node, ["-e", script], { grace: 100 }), function* (child) {
        expect(yield* child.stdout.readLine()).toBe("ready");
        return child;
      });
      expect(kept.exitStatus).toEqual({ exitCode: undefined, signal: "SIGKILL" });
      expect(isAlive(kept.pid)).toBe(false);
    });
  });

  test("and is stopped (SIGSTOP) is killed as well", async () => {
    await expectNothingLeft(function* () {
      const pid = yield* use(spawn("sleep", ["100"], { grace: 100 }), function* (child) {
        process.kill(child.pid, "SIGSTOP");
        yield* sleep(20);
        expect(processAt(child.pid)?.state).toBe("T");
        return child.pid;
      });
      expect(isAlive(pid)).toBe(false);
    });
  });
});

describe("a subprocess that floods both pipes", () => {
  const flood = "yes out & yes err >&2 & wait";

  test("is held back while only one is read: memory stays flat, and all ends with the resource", async () => {
    await expectNothingLeft(function* () {
      yield* use(spawn("sh", ["-c", flood]), function* (child) {
        const before = yield* memory();
        let bytes = 0;
        while (bytes < 30 * MEGABYTE) bytes += ((yield* child.stdout.read()) as Uint8Array).length;
        expect((yield* memory()) - before).toBeLessThan(8 * MEGABYTE);
        expect(child.stderr.buffered).toBeLessThan(MEGABYTE);
        // What nobody read was not lost either.
        expect(yield* child.stderr.readLine()).toBe("err");
      });
    });
  });

  test("is held back while neither is read", async () => {
    await expectNothingLeft(function* () {
      yield* use(spawn("sh", ["-c", flood]), function* (child) {
        yield* sleep(200);
        expect(child.stdout.buffered).toBeLessThan(MEGABYTE);
        expect(child.stderr.buffered).toBeLessThan(MEGABYTE);
      });
    });
  });

  test("is ended by exec at maxOutput, with words", async () => {
    await expectNothingLeft(function* () {
      const error = yield* errorOf(exec("sh", ["-c", flood], { maxOutput: 100_000 }));
      expect(error).toBeInstanceOf(OutputLimitError);
      expect(error.message).toMatch(/100.?000/);
    });
  });

  test("writes 20 MB to each in turn, and exec has all of it", async () => {
    await expectNothingLeft(function* () {
      const script = `
        const piece = Buffer.alloc(1_000_000, "x");
        for (let i = 0; i < 20; i++) {
          for (const fd of [1, 2]) for (let at = 0; at < piece.length; ) {
            try { at += require("fs").writeSync(fd, piece, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
          }
        }`;
      const { stdout, stderr } = yield* exec(node, ["-e", script]);
      expect([stdout.length, stderr.length]).toEqual([20_000_000, 20_000_000]);
    });
  });
});

describe("a subprocess that closes its stdin early", () => {
  test("is no error of exec: its output and status count", async () => {
    await expectNothingLeft(function* () {
      const result = yield* exec("sh", ["-c", "exec <&-; echo done"], { input: "x".repeat(5 * MEGABYTE) });
      expect(result.stdout.trim()).toBe("done");
      expect(yield* errorOf(exec("sh", ["-c", "exec <&-; exit 3"], { input: "x".repeat(MEGABYTE) }))).toBeInstanceOf(
        ExitError,
      );
    });
  });

  test("fails the write of the one who goes on writing, with words, and nothing hangs", async () => {
    await expectNothingLeft(function* () {
      yield* use(spawn("sh", ["-c", "exec <&-; echo closed; sleep 100"]), function* (child) {
        expect(yield* child.stdout.readLine()).toBe("closed");
        const writes = coroutine(function* (): CoroutineBody<void> {
          for (;;) yield* child.stdin.write("x".repeat(100_000));
        });
        expect((yield* errorOf(timeout("10s", writes()))).name).not.toBe("TimeoutError");
      });
    });
  });

  test("that never reads holds the writer back: what is buffered is bounded, and cancellation frees it", async () => {
    await expectNothingLeft(function* () {
      yield* use(spawn("sleep", ["100"]), function* (child) {
        const writer = createTask(
          coroutine(function* (): CoroutineBody<void> {
            for (;;) yield* child.stdin.write(new Uint8Array(100_000));
          })(),
        );
        yield* sleep(150);
        expect(child.stdin.buffered).toBeLessThan(MEGABYTE);
        expect(writer.done).toBe(false);
        expect(yield* cancelled(writer)).toBe("cancelled");
      });
    });
  });
});

describe("a subprocess that leaves others behind", () => {
  /** Grandchildren of each kind; prints their pids and ends. */
  const leaves = `
    (sleep 100 & echo $!)
    (trap '' TERM; sleep 100 & echo $!)
    (nohup sleep 100 >/dev/null 2>&1 & echo $!)
  `;

  test("does not keep exec waiting, and none of them is left", async () => {
    await expectNothingLeft(function* () {
      const { stdout } = yield* timeout("15s", exec("sh", ["-c", leaves], { grace: 100 }));
      const pids = pidsOf(stdout);
      expect(pids).toHaveLength(3);
      expect(pids.filter(isAlive)).toEqual([]);
    });
  });

  test("and waits for them is ended with all of them when cancelled", async () => {
    await expectNothingLeft(function* () {
      const pids = yield* use(spawn("sh", ["-c", `${leaves}; wait; sleep 100`], { grace: 100 }), function* (child) {
        const lines: string[] = [];
        for (let i = 0; i < 3; i++) lines.push((yield* child.stdout.readLine()) ?? "");
        expect(pidsOf(lines.join("\n")).every(isAlive)).toBe(true);
        return pidsOf(lines.join("\n"));
      });
      expect(pids.filter(isAlive)).toEqual([]);
    });
  });

  test("in a session of its own, which nobody reaches, does not keep exec waiting for its pipe", async () => {
    let daemon = 0;
    await expectNothingLeft(function* () {
      const { stdout } = yield* timeout("10s", exec("sh", ["-c", "setsid sleep 100 & echo $!"], { grace: 100 }));
      daemon = Number(stdout);
      expect(isAlive(daemon)).toBe(true); // as documented: whoever makes a daemon ends it
      process.kill(daemon, "SIGKILL");
    });
    expect(isAlive(daemon)).toBe(false);
  });

  test("three generations down: none is left", async () => {
    await expectNothingLeft(function* () {
      const deep = `sh -c 'sh -c "sleep 100 & sleep 100 & echo deep; wait" & wait' & wait`;
      const task = createTask(
        use(spawn("sh", ["-c", deep], { grace: 100 }), function* (child) {
          yield* child.stdout.readLine();
          yield* sleep("1h");
        }),
      );
      yield* sleep(150);
      expect(processesBelow(process.pid).size).toBeGreaterThanOrEqual(3);
      expect(yield* cancelled(task)).toBe("cancelled");
    });
  });
});

describe("a subprocess that is cancelled", () => {
  const once: (moment: number) => Coroutine<void> = coroutine(function* once(moment: number): CoroutineBody<void> {
    const task = createTask(exec("sh", ["-c", "sleep 0.01; echo done"]));
    if (moment < 10) for (let i = 0; i < moment; i++) yield* sleep(0);
    else yield* sleep(moment - 10);
    const outcome = yield* cancelled(task);
    if (outcome !== "cancelled") expect(outcome).toMatchObject({ value: { exitCode: 0 } });
  });

  test("at every moment from its start to its end leaves nothing", async () => {
    await expectNothingLeft(function* () {
      const moments = Array.from({ length: 40 }, (_, i) => once(i));
      yield* gather(moments, { limit: 8 });
    });
  });

  test("before it has started never ran", async () => {
    await expectNothingLeft(function* () {
      const before = [descriptors().length, processesBelow(process.pid).size];
      const task = createTask(exec("sleep", ["100"]));
      expect(yield* cancelled(task)).toBe("cancelled");
      expect([descriptors().length, processesBelow(process.pid).size]).toEqual(before);
    });
  });
});

test("a process that another made is neither killed nor waited for", async () => {
  const other = nodeSpawn("sleep", ["100"], { stdio: "ignore" });
  try {
    await expectNothingLeft(function* () {
      yield* exec("true");
      const task = createTask(exec("sleep", ["100"]));
      yield* sleep(20);
      yield* cancelled(task);
      expect(isAlive(other.pid as number)).toBe(true);
    });
  } finally {
    other.kill("SIGKILL");
    await new Promise((resolve) => other.on("close", resolve));
  }
});

test("60 subprocesses, 20 at once, give their output whole", async () => {
  await expectNothingLeft(function* () {
    const results = yield* gather(
      Array.from({ length: 60 }, (_, i) => exec("echo", [String(i)])),
      { limit: 20 },
    );
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(Array.from({ length: 60 }, (_, i) => String(i)));
  });
});

test("a line without an end in stdout is given up at the limit", async () => {
  await expectNothingLeft(function* () {
    yield* use(spawn("sh", ["-c", "echo short; tr '\\0' x < /dev/zero"]), function* (child) {
      expect(yield* child.stdout.readLine()).toBe("short");
      const reading = forEach(child.stdout.lines({ limit: 10_000 }), () => {});
      expect((yield* errorOf(timeout("10s", reading))).name).toBe("LimitOverrunError");
    });
  });
});
