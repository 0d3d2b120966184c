/** A command that can't be started says why, and leaves nothing. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AwaitableLike, sleep, use } from "brigade";
import { exec, pipeline, type ProcessOptions, spawn, SpawnError } from "brigade/node";
import { afterAll, expect, test } from "vitest";
import { runProgram } from "../../program.ts";
import { failure, leavingNothing } from "./nothing-left.ts";

const folder = mkdtempSync(join(tmpdir(), "brigade-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function refused(
  command: string,
  args: readonly string[] = [],
  options: ProcessOptions = {},
): Promise<SpawnError> {
  const ways: (() => AwaitableLike<unknown>)[] = [
    () => exec(command, args, options),
    () => use(spawn(command, args, options), () => sleep(0)),
    () => pipeline([["sleep", ["60"]], [command, args, options], ["cat"]]),
  ];
  const errors: SpawnError[] = [];
  for (const way of ways) errors.push(await failure(SpawnError, leavingNothing(way)));
  const [first] = errors as [SpawnError];
  for (const { message, code } of errors)
    expect({ message, code }).toEqual({ message: first.message, code: first.code });
  return first;
}

test("a command that is not in the PATH", async () => {
  const error = await refused("no-such-command", ["-x"]);
  expect(error.message).toBe(
    '"no-such-command -x" was not started: there is no command "no-such-command" in the PATH (ENOENT): install it, or give its path',
  );
  expect(error).toMatchObject({ code: "ENOENT", command: "no-such-command -x" });
  expect(error.cause).toBeInstanceOf(Error);
});

test("a file that does not exist", async () => {
  expect((await refused("./no/such")).message).toMatch(/there is no file \.\/no\/such \(ENOENT\)$/);
});

test("a script whose interpreter does not exist", async () => {
  const script = join(folder, "script");
  writeFileSync(script, "#!/no/such/interpreter\n");
  chmodSync(script, 0o755);
  expect((await refused(script)).message).toMatch(/needs a program that does not exist, the one its first line names/);
});

test("a working directory that does not exist, or is none", async () => {
  const missing = await refused("true", [], { cwd: "/no/such" });
  expect(missing).toMatchObject({ code: "ENOENT" });
  expect(missing.message).toMatch(/its working directory \/no\/such does not exist \(ENOENT\)$/);
  expect((await refused("true", [], { cwd: "/etc/passwd" })).message).toMatch(
    /\/etc\/passwd is no directory \(ENOTDIR\)$/,
  );
});

test("a file that may not be executed", async () => {
  expect(await refused("/etc/passwd")).toMatchObject({ code: "EACCES" });
});

test("arguments that are too long", async () => {
  const error = await refused("true", ["x".repeat(3_000_000)]);
  expect(error).toMatchObject({ code: "E2BIG" });
  expect(error.message.length).toBeLessThan(500);
});

test("a shell that does not exist", async () => {
  expect(await refused("echo", [], { shell: "/no/such/shell" })).toMatchObject({ code: "ENOENT" });
});

test("descriptors that have run out, in a program that goes on", async () => {
  const { stdout, stderr } = await runProgram(`
    import { openSync, closeSync, readdirSync } from "node:fs";
    import { execFileSync } from "node:child_process";
    import { run } from "brigade";
    import { exec, pipeline } from "brigade/node";
    execFileSync("prlimit", ["--nofile=64:64", "--pid", String(process.pid)]);
    const count = () => readdirSync("/proc/self/fd").length;
    await run(exec("true"));
    const before = count();
    const taken = [];
    try { for (;;) taken.push(openSync("/dev/null")); } catch {}
    const codes = [];
    for (const free of [0, 1, 2, 3, 5]) {
      for (let i = 0; i < free; i++) closeSync(taken.pop());
      for (const way of [() => exec("true"), () => pipeline([["true"], ["cat"], ["cat"]])]) {
        try { await run(way); codes.push("ran"); } catch (error) { codes.push(error.code); }
      }
    }
    for (const fd of taken) closeSync(fd);
    await run(exec("true"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(JSON.stringify({ codes, left: count() - before }));
  `);
  expect(stderr).toBe("");
  const { codes, left } = JSON.parse(stdout) as { codes: string[]; left: number };
  expect(codes.slice(0, 2)).toEqual(["EMFILE", "EMFILE"]);
  expect(codes.filter((code) => code !== "ran" && code !== "EMFILE")).toEqual([]);
  expect(codes.at(-2)).toBe("ran");
  expect(left).toBe(0);
});
