/** spawn: a process as a resource, its pipes as reader and writer. */
import {
  collect,
  coroutine,
  type CoroutineBody,
  createTask,
  forEach,
  gather,
  InvalidStateError,
  sleep,
  use,
  wait,
} from "brigade";
import { BrokenPipeError, spawn, type Subprocess } from "brigade/node";
import { expect, test } from "vitest";
import { isAlive } from "../left.ts";
import { failure, leavingNothing } from "./nothing-left.ts";

/** Runs the body with the process. */
function withProcess<T>(
  line: string,
  body: (process: Subprocess) => CoroutineBody<T>,
  options: Parameters<typeof spawn>[2] = {},
): Promise<T> {
  return leavingNothing(() => use(spawn("sh", ["-c", line], options), body));
}

test("a conversation: what is written is answered line by line", async () => {
  const lines = await withProcess('while read -r a; do echo "got $a"; done', function* (process) {
    const answers: (string | undefined)[] = [];
    for (const word of ["one", "two"]) {
      yield* process.stdin.write(`${word}\n`);
      answers.push(yield* process.stdout.readLine());
    }
    yield* process.stdin.end();
    answers.push(yield* process.stdout.readLine());
    expect(yield* process.wait()).toEqual({ exitCode: 0, signal: undefined });
    return answers;
  });
  expect(lines).toEqual(["got one", "got two", undefined]);
});

test("output can be read after the exit, and nothing of it is lost", async () => {
  const count = await withProcess("seq 1 20000; seq 1 5 >&2", function* (process) {
    const reading = createTask(collect(process.stdout.lines()));
    yield* process.wait();
    expect(yield* collect(process.stderr.lines())).toEqual(["1", "2", "3", "4", "5"]);
    return (yield* reading).length;
  });
  expect(count).toBe(20_000);
});

test("output that nobody had begun to read is there after the exit", async () => {
  const text = await withProcess("seq 1 1000", function* (process) {
    yield* process.wait();
    yield* sleep(20);
    return yield* process.stdout.text();
  });
  expect(text.split("\n").length).toBe(1_001);
});

test("a pipe that nobody reads holds the process up, and takes no memory; the other one flows", async () => {
  await withProcess("yes & yes >&2; wait", function* (process) {
    let read = 0;
    const reading = createTask(forEach(process.stdout, (piece) => void (read += piece.byteLength)));
    yield* sleep(200);
    expect(read).toBeGreaterThan(1_000_000);
    expect(process.stderr.buffered).toBeGreaterThan(0);
    expect(process.stderr.buffered).toBeLessThanOrEqual(256 * 1024);
    reading.cancel();
    yield* wait([reading]);
  });
});

test("a process that exits while a pipe is paused does not flood the reader with what its children write", async () => {
  await withProcess("yes & exit 0", function* (process) {
    yield* process.wait();
    yield* sleep(200);
    expect(process.stdout.buffered).toBeLessThanOrEqual(512 * 1024);
  });
});

test("writing waits for a process that does not read", async () => {
  await withProcess("sleep 60", function* (process) {
    const writing = createTask(process.stdin.write("x".repeat(10_000_000)));
    yield* sleep(100);
    expect(writing.done).toBe(false);
    writing.cancel();
    yield* wait([writing]);
  });
});

test("writing to a process that has closed its stdin, or has ended, throws BrokenPipeError", async () => {
  const closed = withProcess("exec <&-; echo ready; sleep 60", function* (process) {
    yield* process.stdout.readLine();
    for (;;) yield* process.stdin.write("x".repeat(100_000));
  });
  expect((await failure(BrokenPipeError, closed)).message).toMatch(/takes no more input: it has closed its stdin$/);
  const ended = withProcess("exit 0", function* (process) {
    yield* process.wait();
    yield* process.stdin.write("x");
  });
  expect((await failure(BrokenPipeError, ended)).message).toMatch(/takes no more input: it has ended$/);
});

test("a writer that waits when the process ends is told so", async () => {
  const waiting = withProcess("sleep 0.05", function* (process) {
    yield* process.stdin.write("x".repeat(10_000_000));
  });
  expect((await failure(BrokenPipeError, waiting)).command).toBe("sh -c 'sleep 0.05'");
});

test("leaving early ends the process, and what it started", async () => {
  const pids = await withProcess("sleep 60 & echo $!; exec sleep 61", function* (process) {
    return [process.pid, Number(yield* process.stdout.readLine())];
  });
  expect(pids.map(isAlive)).toEqual([false, false]);
});

test("an error of the body ends the process, and is what is thrown", async () => {
  const thrown = withProcess("sleep 60", function* () {
    throw new RangeError("of the body");
  });
  expect((await failure(RangeError, thrown)).message).toBe("of the body");
});

test("kill sends its signal to what the process started, too, and tells whether anybody got it", async () => {
  await withProcess("sleep 60 & sleep 60", function* (process) {
    expect(process.kill("SIGKILL")).toBe(true);
    expect(yield* process.wait()).toEqual({ exitCode: undefined, signal: "SIGKILL" });
    yield* sleep(20);
    expect(process.kill()).toBe(false);
    expect(process.exitStatus).toEqual({ exitCode: undefined, signal: "SIGKILL" });
  });
});

test("an unknown signal is refused", async () => {
  await withProcess("sleep 60", function* (process) {
    expect(() => process.kill("SIGFOO" as NodeJS.Signals)).toThrow("SIGFOO");
  });
});

test("terminate gives how the process ended; a second time, and after the end, the same", async () => {
  const line = "trap 'sleep 0.05; exit 7' TERM; echo ready; while :; do sleep 0.01; done";
  await withProcess(line, function* (process) {
    yield* process.stdout.readLine();
    expect(process.exitStatus).toBeUndefined();
    const [one, two] = yield* gather([process.terminate(), process.terminate()]);
    expect([one, two]).toEqual([one, { exitCode: 7, signal: undefined }]);
    expect(yield* process.terminate()).toEqual(one);
  });
});

test("what a process still writes while it ends does not hold it up", async () => {
  const line = "trap 'head -c 1000000 /dev/zero; exit 7' TERM; echo ready; while :; do sleep 0.01; done";
  const terminated = await withProcess(line, function* (process) {
    yield* process.stdout.readLine();
    return yield* process.terminate();
  });
  expect(terminated).toEqual({ exitCode: 7, signal: undefined });
  const left = await withProcess(line, function* (process) {
    yield* process.stdout.readLine();
    return process;
  });
  expect(left.exitStatus).toEqual({ exitCode: 7, signal: undefined });
});

test("several tasks may wait, and one of them may leave", async () => {
  await withProcess("sleep 0.1; exit 5", function* (process) {
    const tasks = [createTask(process.wait()), createTask(process.wait())] as const;
    yield* sleep(20);
    tasks[0].cancel();
    yield* wait(tasks);
    expect(tasks[0].cancelled).toBe(true);
    expect(tasks[1].result()).toEqual({ exitCode: 5, signal: undefined });
  });
});

test("closing the reader lets a process that writes on fail", async () => {
  const status = await withProcess("exec yes", function* (process) {
    yield* process.stdout.readLine();
    yield* process.stdout.close();
    return yield* process.wait();
  });
  expect(status.exitCode === 0).toBe(false);
});

test("what is no pipe has no reader, and the error says why", async () => {
  await leavingNothing(() =>
    use(
      spawn("true", [], { stdin: "ignore", stdout: "inherit", stderr: 2 }),
      coroutine(function* (process: Subprocess): CoroutineBody<void> {
        expect(() => process.stdin).toThrow(InvalidStateError);
        expect(() => process.stdout).toThrow(
          'stdout of "true" is no pipe: the process was started with stdout: "inherit"',
        );
        expect(() => process.stderr).toThrow("stderr: 2");
        yield* process.wait();
      }),
    ),
  );
});

test("spawn starts nothing before it is entered, and refuses wrong options at once", () => {
  spawn("touch", ["/nonexistent/x"]);
  expect(() => spawn("ls", [], { stdin: "pip" as "pipe" })).toThrow(TypeError);
});
