/** What is left of a process when its task is cancelled, its resource is left, or this program ends: nothing. */
import { execFileSync } from "node:child_process";
import {
  type AwaitableLike,
  coroutine,
  type CoroutineBody,
  createTask,
  Event,
  forEach,
  gather,
  run,
  sleep,
  use,
  wait,
} from "brigade";
import { exec, KillError, pipeline, spawn, type SpawnOptions, type Subprocess } from "brigade/node";
import { afterEach, expect, test, vi } from "vitest";
import { runProgram, startProgram } from "../../program.ts";
import { isAlive } from "../left.ts";
import { failure, leavingNothing } from "./nothing-left.ts";

afterEach(() => vi.restoreAllMocks());

/** Cancels a task once its process has said so many times that it is ready. Gives how long the task took to unwind. */
const cancelledWhenReady = coroutine(function* (
  line: string,
  options: SpawnOptions = {},
  times: number = 1,
): CoroutineBody<number> {
  const ready = new Event();
  const body = coroutine(function* (process: Subprocess): CoroutineBody<void> {
    for (let i = 0; i < times; i++) yield* process.stdout.readLine();
    ready.set();
    yield* sleep("1h");
  });
  const task = createTask(use(spawn("sh", ["-c", line], options), body));
  yield* ready.wait();
  const began = performance.now();
  task.cancel();
  yield* wait([task]);
  expect(task.cancelled).toBe(true);
  return performance.now() - began;
});

const stubborn = "trap '' TERM; echo ready; while :; do sleep 0.02; done";

test("SIGTERM comes first: a process may clean up, and is not killed before the grace is over", async () => {
  const line = "trap 'sleep 0.15; echo cleaned >&2; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
  await leavingNothing(function* () {
    const pieces: string[] = [];
    const status = yield* use(spawn("sh", ["-c", line]), function* (process) {
      yield* process.stdout.readLine();
      const reading = createTask(forEach(process.stderr.lines(), (words) => void pieces.push(words)));
      process.kill();
      const ended = yield* process.wait();
      yield* reading;
      return ended;
    });
    expect(pieces).toContain("cleaned");
    expect(status.exitCode).toBe(0);
    expect(yield* cancelledWhenReady(line)).toBeGreaterThan(140);
  });
});

test("a process that ignores SIGTERM is killed after the grace, with what it started", async () => {
  await leavingNothing(function* () {
    const took = yield* cancelledWhenReady(`(${stubborn}) & ${stubborn}`, { grace: 150 }, 2);
    expect(took).toBeGreaterThanOrEqual(145);
    expect(took).toBeLessThan(4_000);
  });
});

test("with a grace of 0 SIGKILL follows at once", async () => {
  await leavingNothing(function* () {
    expect(yield* cancelledWhenReady(stubborn, { grace: 0 })).toBeLessThan(4_000);
  });
});

test("killSignal says what asks it to end", async () => {
  const line = "trap '' TERM; trap 'exit 5' INT; echo ready; while :; do sleep 0.02; done";
  const status = await leavingNothing(() =>
    use(spawn("sh", ["-c", line], { killSignal: "SIGINT", grace: "1m" }), function* (process) {
      yield* process.stdout.readLine();
      return yield* process.terminate();
    }),
  );
  expect(status).toEqual({ exitCode: 5, signal: undefined });
});

test("whoever asks, the process is asked to end once: a second SIGTERM means something else to many", async () => {
  const count = "n=0; i=0; trap 'n=$((n+1))' TERM; echo ready; while [ $i -lt 30 ]; do sleep 0.01; i=$((i+1)); done";
  const process = await leavingNothing(() =>
    use(spawn("sh", ["-c", `${count}; exit $n`]), function* (process) {
      yield* process.stdout.readLine();
      const first = createTask(process.terminate());
      yield* sleep(50);
      const second = createTask(process.terminate());
      yield* sleep(50);
      first.cancel();
      second.cancel();
      return process;
    }),
  );
  expect(process.exitStatus).toEqual({ exitCode: 1, signal: undefined });
});

test("a process that is stopped is ended by SIGTERM, without the grace", async () => {
  const line = "trap 'exit 6' TERM; echo ready; while :; do sleep 0.01; done";
  const status = await leavingNothing(() =>
    use(spawn("sh", ["-c", line], { grace: "1m" }), function* (process) {
      yield* process.stdout.readLine();
      process.kill("SIGSTOP");
      yield* sleep(20);
      return yield* process.terminate();
    }),
  );
  expect(status.exitCode).toBe(6);
});

test("what a command left in the background ends with it, though it holds its pipes open", async () => {
  const began = performance.now();
  const { stdout } = await leavingNothing(() => exec("sh", ["-c", "sleep 60 & echo $!; echo done"]));
  expect(performance.now() - began).toBeLessThan(8_000);
  const [pid, done] = stdout.split("\n");
  expect(done).toBe("done");
  expect(isAlive(Number(pid))).toBe(false);
});

test("what it left in the background and ignores SIGTERM is killed after the grace", async () => {
  const began = performance.now();
  await leavingNothing(() => exec("sh", ["-c", `(${stubborn}) & sleep 0.2; echo done`], { grace: 200 }));
  expect(performance.now() - began).toBeGreaterThan(400);
});

// On a busy machine a tenth of a second may not be enough.
test("what it left in the background has a moment to end by itself, and its words count", { retry: 4 }, async () => {
  const { stdout } = await leavingNothing(() => exec("sh", ["-c", "(sleep 0.04; echo late) & echo early"]));
  expect(stdout).toBe("early\nlate\n");
});

test("a command that left nothing in the background does not wait", async () => {
  let shortest = Infinity;
  for (let i = 0; i < 10; i++) {
    const began = performance.now();
    await run(exec("true"));
    shortest = Math.min(shortest, performance.now() - began);
  }
  expect(shortest).toBeLessThan(90);
});

test("who has made a session of its own is not reached, but can't hold exec up", async () => {
  const began = performance.now();
  const line = "setsid sh -c 'echo $$; sleep 9' & sleep 0.05; echo done";
  const pid = await run(
    coroutine(function* (): CoroutineBody<number> {
      const { stdout } = yield* exec("sh", ["-c", line]);
      expect(stdout).toMatch(/^\d+\ndone\n$/);
      return Number.parseInt(stdout, 10);
    })(),
  );
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

test("a session of its own that never stops writing can't hold exec up for longer than the grace", async () => {
  const began = performance.now();
  const line = "setsid sh -c 'echo $$ >&2; while echo x; do sleep 0.01; done' & sleep 0.05";
  const { stderr } = await run(exec("sh", ["-c", line], { grace: 300 }));
  expect(performance.now() - began).toBeLessThan(8_000);
  const end = performance.now() + 2_000;
  while (isAlive(Number(stderr)) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isAlive(Number(stderr))).toBe(false); // its pipe was closed
});

test("with group: false the process itself is ended", async () => {
  await leavingNothing(function* () {
    expect(yield* cancelledWhenReady("echo ready; exec sleep 60", { group: false })).toBeLessThan(4_000);
  });
});

test("a group whose number was given to somebody else gets no signal", async () => {
  const pid = await leavingNothingElse(function* (process_) {
    yield* process_.wait();
    const { kill } = process;
    // As if somebody had the number of the process that has exited: the group is then theirs.
    const calls = vi
      .spyOn(process, "kill")
      .mockImplementation((to, signal) => (to === process_.pid ? true : kill(to, signal)));
    expect(process_.kill("SIGKILL")).toBe(false);
    expect(calls.mock.calls.filter(([, signal]) => signal !== 0)).toEqual([]);
  });
  process.kill(-pid, "SIGKILL");
});

/** Runs the body with a process that exits and leaves another one, which is not ended. Gives their group. */
function leavingNothingElse(body: (process: Subprocess) => CoroutineBody<void>): Promise<number> {
  return run(
    use(spawn("sh", ["-c", "sleep 60 & exit 0"], { stdout: "ignore", stderr: "ignore" }), function* (process) {
      yield* body(process);
      return process.pid;
    }),
  );
}

test("a process that may not be ended is an error, and does not hang", async () => {
  let pid = 0;
  const denied = run(
    use(spawn("sleep", ["60"], { grace: 50 }), function* (process_) {
      pid = process_.pid;
      vi.spyOn(process, "kill").mockImplementation(() => {
        throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
      });
      expect(() => process_.kill()).toThrow(KillError);
      yield* sleep(0);
    }),
  );
  const error = await failure(KillError, denied);
  expect(error.message).toContain(`"sleep 60" (pid ${pid}) was not sent SIGKILL`);
  vi.restoreAllMocks();
  process.kill(-pid, "SIGKILL");
});

test("a process that nobody gave back is ended with the run", async () => {
  const pid = await run(function* () {
    const manager = spawn("sleep", ["60"]);
    return (yield* manager.enter()).pid;
  });
  expect(isAlive(pid)).toBe(false);
});

test("cancelled at any moment of its life, it leaves nothing", { timeout: 60_000 }, async () => {
  const flood = "yes & yes >&2 & head -c 200000 /dev/zero";
  const bodies: (() => AwaitableLike<unknown>)[] = [
    () => exec("sh", ["-c", flood], { input: "x".repeat(300_000), check: false }),
    () => pipeline([["yes"], ["cat"], ["head", ["-c", "100000"]]]),
    () => use(spawn("cat"), (cat) => gather([cat.stdin.write("x".repeat(300_000)), cat.stdout.read(), cat.wait()])),
    () => exec("no-such-command"),
  ];
  await leavingNothing(function* () {
    // By iterations of the loop, then by time.
    for (let moment = 0; moment < 24; moment++) {
      const tasks = bodies.map((body) => createTask(body()));
      if (moment < 12) for (let i = 0; i < moment; i++) yield* sleep(0);
      else yield* sleep(moment - 11);
      for (const task of tasks) task.cancel();
      yield* wait(tasks);
      for (const task of tasks)
        expect(task.cancelled ? undefined : task.exception()?.name).toBeOneOf([undefined, "SpawnError"]);
    }
  });
});

test("two hundred processes, cancelled at random, leave nothing", { timeout: 60_000 }, async () => {
  let cancelled = 0;
  let seed = 42;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const lines = ["exit 1", "sleep 60", "sleep 60 & sleep 60", "yes", "yes >&2 & exit 0", "cat", stubborn];
  await leavingNothing(function* () {
    const one = coroutine(function* (line: string, delay: number): CoroutineBody<void> {
      const task = createTask(exec("sh", ["-c", line], { grace: 30, check: false, input: "x".repeat(100_000) }));
      yield* sleep(delay);
      if (task.cancel()) cancelled++;
      yield* wait([task]);
    });
    const all = Array.from({ length: 200 }, () =>
      one(lines[Math.trunc(random() * lines.length)] as string, random() * 15),
    );
    yield* gather(all, { limit: 8 });
  });
  expect(cancelled).toBeGreaterThan(100);
});

const START = `
  import { run, sleep, use } from "brigade";
  import { spawn } from "brigade/node";
  const running = (then) => run(use(spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 61"], { stdin: "ignore" }), function* (child) {
    console.log(child.pid, yield* child.stdout.readLine());
    yield* sleep(10);
    then();
    yield* sleep("1h");
  }), { handleSignals: true });
`;

function pidsOf(stdout: string): number[] {
  return stdout.trim().split(" ").map(Number);
}

async function expectDead(pids: readonly number[]): Promise<void> {
  expect(pids.length).toBe(2);
  const end = performance.now() + 2_000;
  while (pids.some(isAlive) && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(pids.filter(isAlive)).toEqual([]);
}

test("process.exit, and an error that nobody catches, kill what still runs", async () => {
  const exits = await runProgram(`${START} await running(() => process.exit(3));`);
  expect(exits.code).toBe(3);
  await expectDead(pidsOf(exits.stdout));
  const throws = await runProgram(
    `${START} await running(() => setImmediate(() => { throw new Error("nobody catches this"); }));`,
  );
  expect(throws.code).toBe(1);
  await expectDead(pidsOf(throws.stdout));
});

test("SIGTERM to the program, with handleSignals, ends what it runs", async () => {
  const program = startProgram(`${START} await running(() => console.log("."));`);
  await program.printed(".");
  program.process.kill("SIGTERM");
  await expectDead(pidsOf((await program.ended).stdout.split("\n")[0] as string));
});

test("a child has no descriptors but those it is given", async () => {
  const list = ["sh", ["-c", "ls /proc/self/fd; cat"]] as const;
  const bare = execFileSync(list[0], list[1], { input: "", encoding: "utf8" });
  const { stdout } = await leavingNothing(() => pipeline([["true"], list, ["cat"]]));
  expect(stdout).toBe(bare);
});
