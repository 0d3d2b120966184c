/** exec: what it gives, what it throws, and that nothing is left of it. */
import { coroutine, type CoroutineBody, gather, Queue, run, sleep, stream, TimeoutError } from "brigade";
import { exec, ExitError, OutputLimitError } from "brigade/node";
import { expect, test } from "vitest";
import { held, leftSince } from "../left.ts";
import { failure, leavingNothing } from "./nothing-left.ts";

const sh = (line: string, options: Parameters<typeof exec>[2] & { encoding?: "utf8" } = {}): ReturnType<typeof exec> =>
  exec("sh", ["-c", line], options);

test("gives both outputs as they were written, the exit code and the time", async () => {
  const result = await leavingNothing(() => sh("echo out; sleep 0.02; echo err >&2"));
  expect(result).toMatchObject({ stdout: "out\n", stderr: "err\n", exitCode: 0, signal: undefined });
  expect(result.command).toBe("sh -c 'echo out; sleep 0.02; echo err >&2'");
  expect(result.duration).toBeGreaterThanOrEqual(20);
  expect(result.duration).toBeLessThan(5_000);
});

test("arguments reach the command as they are, without a shell", async () => {
  const words = ["a b", "$HOME", "`id`", "it's", "", "*", "ü", "\n"];
  const { stdout } = await leavingNothing(() => exec("printf", ["%s|", ...words]));
  expect(stdout).toBe(words.map((word) => `${word}|`).join(""));
});

test("a line for the shell gets its arguments as positional parameters", async () => {
  const result = leavingNothing(() => exec('printf %s "$2$1" | tr a b', ["a'a", "$x"], { shell: true }));
  expect((await result).stdout).toBe("$xb'b");
});

test("another shell may be asked for by its path", async () => {
  const { stdout } = await leavingNothing(() => exec("echo ${BASH_VERSION:+bash}", [], { shell: "/bin/bash" }));
  expect(stdout).toBe("bash\n");
});

test("an exit code other than 0 throws, with the last words of stderr", async () => {
  const error = await failure(
    ExitError,
    leavingNothing(() => sh("echo out; seq 1 9 >&2; exit 3")),
  );
  expect(error.message).toBe(`"sh -c 'echo out; seq 1 9 >&2; exit 3'" ended with exit code 3:\n5\n6\n7\n8\n9`);
  expect(error).toMatchObject({
    exitCode: 3,
    signal: undefined,
    stdout: "out\n",
    stderr: "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
  });
});

test("an end by a signal throws too, and says which", async () => {
  const error = await failure(
    ExitError,
    leavingNothing(() => sh("kill -KILL $$")),
  );
  expect(error).toMatchObject({ exitCode: undefined, signal: "SIGKILL" });
  expect(error.message).toMatch(/was ended by SIGKILL$/);
});

test("the message holds no more than the end of a long line", async () => {
  const error = await failure(
    ExitError,
    leavingNothing(() => sh("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1")),
  );
  expect(error.message.length).toBeLessThan(1_200);
});

test("check: false gives the result of a failure", async () => {
  expect(await leavingNothing(() => sh("echo no; exit 4", { check: false }))).toMatchObject({
    exitCode: 4,
    stdout: "no\n",
  });
});

test("input reaches the command whole, as text and as bytes", async () => {
  const text = "zwölf\n".repeat(50_000);
  const [one, two] = await leavingNothing(() =>
    gather([
      exec("cat", [], { input: text }),
      exec("cat", [], { input: Buffer.from([0, 255, 10]), encoding: "bytes" }),
    ]),
  );
  expect(one.stdout).toBe(text);
  expect([...two.stdout]).toEqual([0, 255, 10]);
});

test("without input the command reads nothing, and does not wait for a terminal", async () => {
  expect((await leavingNothing(() => sh("wc -c"))).stdout.trim()).toBe("0");
});

test("input comes from a source as fast as the command reads", async () => {
  let given = 0;
  const pieces = stream(function* () {
    for (; given < 200; given++) yield "x".repeat(100_000);
  });
  const program = coroutine(function* (): CoroutineBody<[number, string]> {
    const running = exec("sh", ["-c", "head -c 1000 >/dev/null; sleep 0.2; wc -c"], { input: pieces() });
    const seen = coroutine(function* (): CoroutineBody<number> {
      yield* sleep(150);
      return given;
    });
    const [{ stdout }, count] = yield* gather([running, seen()]);
    return [count, stdout.trim()];
  });
  const [whileAsleep, rest] = await leavingNothing(() => program());
  expect(whileAsleep).toBeLessThan(50);
  expect(Number(rest)).toBeGreaterThan(19_000_000);
  expect(given).toBe(200);
});

test("a command that closes stdin early is no error, and its source is closed", async () => {
  let closed = false;
  const endless = stream(function* () {
    try {
      for (;;) yield "x".repeat(50_000);
    } finally {
      closed = true;
    }
  });
  const fromText = leavingNothing(() => sh("exec <&-; sleep 0.05; echo done", { input: "x".repeat(5_000_000) }));
  expect((await fromText).stdout).toBe("done\n");
  const fromSource = leavingNothing(() => sh("head -c 1; exec <&-; sleep 0.05; echo done", { input: endless() }));
  expect((await fromSource).stdout).toBe("xdone\n");
  expect(closed).toBe(true);
});

test("a command that exits does not wait for a source that gives nothing", async () => {
  const silent = new Queue<string>();
  expect((await leavingNothing(() => sh("echo done", { input: silent }))).stdout).toBe("done\n");
});

test("an error of the source ends the command, and is thrown", async () => {
  const broken = stream(function* (): Generator<string, void, unknown> {
    yield "a";
    throw new RangeError("broken source");
  });
  const error = await failure(
    RangeError,
    leavingNothing(() => exec("sleep", ["60"], { input: broken() })),
  );
  expect(error.message).toBe("broken source");
});

test("a piece that can't be written is a TypeError", async () => {
  const input = [1] as unknown as string[];
  const error = await failure(
    TypeError,
    leavingNothing(() => exec("cat", [], { input })),
  );
  expect(error.message).toBe("write takes a string or a Uint8Array, not 1");
});

test("both outputs may be flooded at once", async () => {
  const line = "head -c 3000000 /dev/zero & head -c 3000000 /dev/zero >&2; wait";
  const { stdout, stderr } = await leavingNothing(() => sh(line));
  expect([stdout.length, stderr.length]).toEqual([3_000_000, 3_000_000]);
});

test("too much output ends the command", async () => {
  const error = await failure(
    OutputLimitError,
    leavingNothing(() => exec("yes", [], { maxOutput: 1_000 })),
  );
  expect(error).toMatchObject({ limit: 1_000, command: "yes" });
  expect(error.message).toContain("stdout");
  const ofStderr = await failure(
    OutputLimitError,
    leavingNothing(() => sh("yes >&2", { maxOutput: 1_000 })),
  );
  expect(ofStderr.message).toContain("stderr");
});

// What comes after the exit has a tenth of a second to come: a busy machine may need another try.
test("as much output as is allowed is no error; more is, even if it is written after the exit", {
  retry: 4,
}, async () => {
  expect((await leavingNothing(() => sh("printf 12345", { maxOutput: 5 }))).stdout).toBe("12345");
  await failure(
    OutputLimitError,
    leavingNothing(() => sh("(sleep 0.03; echo late) & printf 12345", { maxOutput: 5 })),
  );
});

test("bytes are given as bytes, and what is no UTF-8 becomes U+FFFD in text", async () => {
  const bytes = await leavingNothing(() => exec("printf", ["\\377\\0a"], { encoding: "bytes" }));
  expect(bytes.stdout).toEqual(new Uint8Array([255, 0, 97]));
  expect((await leavingNothing(() => exec("printf", ["\\377a"]))).stdout).toBe("\uFFFDa");
});

test("a byte order mark, and a character cut by the pipe's pieces, are kept", async () => {
  const text = `\uFEFF${"€".repeat(100_000)}`;
  expect((await leavingNothing(() => exec("cat", [], { input: text }))).stdout).toBe(text);
});

test("a timeout ends the command and names it", async () => {
  const error = await failure(
    TimeoutError,
    leavingNothing(() => exec("sleep", ["60"], { timeout: 30 })),
  );
  expect(error.message).toBe('"sleep 60" did not end within 30 ms, and was ended');
});

test("the environment is added to; undefined takes away; extendEnv: false replaces it", async () => {
  process.env["BRIGADE_OURS"] = "ours";
  try {
    const line = "echo ${BRIGADE_OURS-none} ${MINE-none}";
    const outputs = await leavingNothing(() =>
      gather([
        sh(line, { env: { MINE: "mine" } }),
        sh(line, { env: { BRIGADE_OURS: undefined } }),
        exec("/bin/sh", ["-c", line], { env: { MINE: "mine" }, extendEnv: false }),
      ]),
    );
    expect(outputs.map(({ stdout }) => stdout)).toEqual(["ours mine\n", "none none\n", "none mine\n"]);
  } finally {
    delete process.env["BRIGADE_OURS"];
  }
});

test("a working directory may be a path or a URL", async () => {
  const results = await leavingNothing(() =>
    gather([exec("pwd", [], { cwd: "/usr" }), exec("pwd", [], { cwd: new URL("file:///usr/") })]),
  );
  expect(results.map(({ stdout }) => stdout)).toEqual(["/usr\n", "/usr\n"]);
});

test("what is not piped is empty", async () => {
  const result = await leavingNothing(() => sh("echo out; echo err >&2", { stdout: "ignore", stderr: "ignore" }));
  expect(result).toMatchObject({ stdout: "", stderr: "" });
});

test("it is in a process group of its own, unless told otherwise", async () => {
  const line = "ps -o pgid= -p $$";
  const [own, ours] = await leavingNothing(() => gather([sh(`echo $$; ${line}`), sh(line, { group: false })]));
  const [pid, group] = own.stdout.trim().split(/\s+/);
  expect(group).toBe(pid);
  const us = await run(exec("ps", ["-o", "pgid=", "-p", String(process.pid)]));
  expect(ours.stdout.trim()).toBe(us.stdout.trim());
});

test("nothing is started before it is awaited", () => {
  const before = held();
  const never = exec("sleep", ["60"]) as unknown as { close(): void };
  expect(leftSince(before)).toEqual([]);
  never.close();
});

test("wrong arguments throw at once", () => {
  const call = exec as (...args: unknown[]) => unknown;
  expect(() => call("")).toThrow("the command is empty");
  expect(() => call(7)).toThrow("exec: the command is a string, not 7");
  expect(() => call("ls", { cwd: "/" })).toThrow(
    "exec: args is an array of strings, not [object Object]; options come after it",
  );
  expect(() => call("ls", [1])).toThrow("exec: an argument of ls is a string, not 1");
  expect(() => call("ls", ["a\0b"])).toThrow("has a zero byte in it");
  expect(() => call("ls", [], { cwd: 7 })).toThrow("exec: cwd, where it is no URL, is a string, not 7");
  expect(() => call("ls", [], { killSignal: "SIGFOO" })).toThrow(RangeError);
  expect(() => call("ls", [], { grace: -1 })).toThrow(RangeError);
  expect(() => call("ls", [], { maxOutput: -1 })).toThrow(RangeError);
  expect(() => call("ls", [], { encoding: "latin1" })).toThrow(RangeError);
  expect(() => call("ls", [], { stdout: "pip" })).toThrow(
    'exec: stdout is "pipe", "inherit", "ignore" or a descriptor, not pip',
  );
  expect(() => call("ls", [], { stdin: "pipe" })).toThrow("there is spawn");
  expect(() => call("ls", [], { stdin: "inherit", input: "x" })).toThrow("give one of them");
  expect(() => call("ls", [], { input: 5 })).toThrow("input is a string, a Uint8Array or a source of them, not 5");
});
