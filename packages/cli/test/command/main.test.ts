/** The command as a process: exit codes, streams, and how soon it is there. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { brigade, CommandFolder } from "./process.ts";

test("a bad argument ends the process with 2, said on stderr", async () => {
  const ended = await brigade("fetch", "--rate", "50");
  expect(ended).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: 'brigade fetch: --rate "50": write 50/s (or 50/m, 50/h)\n',
  });
});

test("the version is the package's", async () => {
  const ended = await brigade("--version");
  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(ended.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("help that nobody reads to its end leaves without a word", async () => {
  using folder = new CommandFolder();
  const child = spawn(join(folder.path, "bin/brigade"), ["fetch", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise((resolve) => {
    child.on("close", resolve);
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});
