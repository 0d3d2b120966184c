/** pipeline: commands one behind the other, with real pipes between them. */
import { createTask, gather, sleep, stream, TimeoutError, wait } from "brigade";
import { ExitError, OutputLimitError, pipeline } from "brigade/node";
import { expect, test } from "vitest";
import { failure, leavingNothing } from "./nothing-left.ts";

const ended = (result: {
  stages: readonly { exitCode: number | undefined; signal: string | undefined }[];
}): unknown[] => result.stages.map(({ exitCode, signal }) => signal ?? exitCode);

test("what one writes the next one reads; the last one's output is the result", async () => {
  const result = await leavingNothing(() => pipeline([["cat"], ["sort"], ["uniq", ["-c"]]], { input: "b\na\nb\n" }));
  expect(result.stdout.replaceAll(/ +/g, " ")).toBe(" 1 a\n 2 b\n");
  expect(result.stages.map(({ command }) => command)).toEqual(["cat", "sort", "uniq -c"]);
  expect(ended(result)).toEqual([0, 0, 0]);
  expect(result.duration).toBeGreaterThan(0);
});

test("a hundred megabytes flow through without passing this program", async () => {
  const before = process.resourceUsage().maxRSS;
  const result = await leavingNothing(() =>
    pipeline([["head", ["-c", "100000000", "/dev/zero"]], ["cat"], ["wc", ["-c"]]]),
  );
  expect(result.stdout.trim()).toBe("100000000");
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(50_000); // kB
});

test("a command whose reader has ended gets SIGPIPE, which is no failure", async () => {
  const result = await leavingNothing(() => pipeline([["yes"], ["cat"], ["head", ["-n", "1"]]]));
  expect(result.stdout).toBe("y\n");
  expect(ended(result)).toEqual(["SIGPIPE", "SIGPIPE", 0]);
});

test("a shell that tells of SIGPIPE by its exit code has not failed either", async () => {
  const result = await leavingNothing(() =>
    pipeline([
      ["sh", ["-c", "yes; exit $?"]],
      ["head", ["-n", "1"]],
    ]),
  );
  expect(ended(result)).toEqual([141, 0]);
});

test("SIGPIPE of the last is a failure", async () => {
  const error = await failure(
    ExitError,
    leavingNothing(() => pipeline([["true"], ["sh", ["-c", "kill -PIPE $$"]]])),
  );
  expect(error.signal).toBe("SIGPIPE");
});

test("a command that works on after its reader has ended is not disturbed", async () => {
  const working = ["sh", ["-c", "echo 1; sleep 0.1; echo worked >&2"]] as const;
  const result = await leavingNothing(() => pipeline([working, ["head", ["-n", "1"]]]));
  expect(ended(result)).toEqual([0, 0]);
  expect(result.stages[0]?.stderr).toBe("worked\n");
});

test("the first command that failed, in their order, is the error, with its stderr and place", async () => {
  const stages = [["sh", ["-c", "cat; echo first >&2; exit 3"]], ["cat"], ["sh", ["-c", "cat; exit 4"]]] as const;
  const error = await failure(
    ExitError,
    leavingNothing(() => pipeline(stages, { input: "in" })),
  );
  expect(error.message).toBe(`"sh -c 'cat; echo first >&2; exit 3'", stage 1 of 3, ended with exit code 3:\nfirst`);
  expect(error).toMatchObject({ exitCode: 3, stdout: "in", stderr: "first\n" });
});

test("check: false gives every exit code, and each command's stderr", async () => {
  const stages = [
    ["sh", ["-c", "echo a >&2; exit 3"]],
    ["sh", ["-c", "echo b >&2; exit 4"]],
  ] as const;
  const result = await leavingNothing(() => pipeline(stages, { check: false }));
  expect(ended(result)).toEqual([3, 4]);
  expect(result.stages.map(({ stderr }) => stderr)).toEqual(["a\n", "b\n"]);
});

test("a stage has options of its own", async () => {
  const result = await leavingNothing(() =>
    pipeline([
      ["pwd", [], { cwd: "/usr" }],
      ['cat; echo "$1 $X"', ["it's"], { shell: true, env: { X: "x" } }],
    ]),
  );
  expect(result.stdout).toBe("/usr\nit's x\n");
});

test("input may be a source, and what nobody reads any more closes it", async () => {
  let closed = false;
  const endless = stream(function* () {
    try {
      for (;;) yield "line\n".repeat(10_000);
    } finally {
      closed = true;
    }
  });
  const result = await leavingNothing(() => pipeline([["cat"], ["head", ["-n", "2"]]], { input: endless() }));
  expect(result.stdout).toBe("line\nline\n");
  expect(closed).toBe(true);
});

test("bytes", async () => {
  const { stdout } = await leavingNothing(() =>
    pipeline([["cat"], ["cat"]], { input: new Uint8Array([0, 255]), encoding: "bytes" }),
  );
  expect(stdout).toEqual(new Uint8Array([0, 255]));
});

test("too much output ends all of it", async () => {
  await failure(
    OutputLimitError,
    leavingNothing(() => pipeline([["yes"], ["cat"]], { maxOutput: 1_000 })),
  );
  const chatty = ["sh", ["-c", "yes >&2"]] as const;
  const error = await failure(
    OutputLimitError,
    leavingNothing(() => pipeline([chatty, ["cat"]], { maxOutput: 1_000 })),
  );
  expect(error.message).toContain("stderr");
});

test("a timeout, and a cancellation, end all of it", async () => {
  const stages = [["sleep", ["60"]], ["sleep", ["61"]], ["cat"]] as const;
  const error = await failure(
    TimeoutError,
    leavingNothing(() => pipeline(stages, { timeout: 50 })),
  );
  expect(error.message).toBe('"sleep 60 | sleep 61 | cat" did not end within 50 ms, and was ended');
  await leavingNothing(function* () {
    const task = createTask(pipeline(stages));
    yield* sleep(50);
    task.cancel();
    yield* wait([task]);
    expect(task.cancelled).toBe(true);
  });
});

test("commands that ignore SIGTERM are given the grace once, not each", async () => {
  const stubborn = ["sh", ["-c", "trap '' TERM; while :; do sleep 0.02; done"]] as const;
  const began = performance.now();
  const stages = [stubborn, stubborn, stubborn] as const;
  await failure(
    TimeoutError,
    leavingNothing(() => pipeline(stages, { timeout: 50, grace: 1_000 })),
  );
  expect(performance.now() - began).toBeLessThan(1_900);
});

test("where no pipe can be made, without a temporary folder for instance, it works with what the host makes", async () => {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = "/no/such";
  try {
    const [result, short] = await leavingNothing(() =>
      gather([
        pipeline([["cat"], ["sort"], ["uniq", ["-c"]]], { input: "b\na\nb\n" }),
        pipeline([["yes"], ["head", ["-n", "1"]]], { check: false }),
      ]),
    );
    expect(result.stdout.replaceAll(/ +/g, " ")).toBe(" 1 a\n 2 b\n");
    expect(short.stdout).toBe("y\n");
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
});

test("wrong stages throw at once", () => {
  const call = pipeline as (stages: unknown) => unknown;
  expect(() => call([])).toThrow("pipeline takes an array of at least one stage");
  expect(() => call("cat")).toThrow(TypeError);
  expect(() => call(["cat"])).toThrow("a stage is [command, args, options]");
  expect(() => call([["cat", [1]]])).toThrow("an argument of cat is a string");
});
