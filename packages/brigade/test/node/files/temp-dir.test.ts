/** Temporary directories. */
import { existsSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname } from "node:path";
import { coroutine, createTask, Event, sleep, timeout, use } from "brigade";
import { tempDir, write } from "brigade/node";
import { expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Folder } from "./folder.ts";

test("it is the user's alone, where temporary directories are, and gone afterwards with what is in it", async () => {
  const seen = coroutine(function* (dir: string) {
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    yield* write(`${dir}/file`, "x");
    return dir;
  });
  const dir = await virtually(use(tempDir(), seen));
  expect(dirname(dir)).toBe(tmpdir());
  expect(basename(dir)).toMatch(/^brigade-.{6}$/);
  expect(existsSync(dir)).toBe(false);
});

test("it goes after an error, a cancellation and a timeout; what links in it lead to stays", async () => {
  using folder = new Folder();
  folder.write("kept", "x");
  const options = { parent: folder.path, prefix: "mine-" };
  const begun = new Event();
  const body = coroutine(function* (dir: string) {
    expect(basename(dir)).toMatch(/^mine-/);
    symlinkSync("..", `${dir}/up`);
    yield* write(`${dir}/file`, "x");
    begun.set();
    yield* sleep("1h");
  });
  await virtually(function* () {
    const failing = use(tempDir(options), () => {
      throw new Error("no");
    });
    expect(yield* errorOf(failing)).toMatchObject({ message: "no" });
    const task = createTask(use(tempDir(options), body));
    yield* begun.wait();
    expect(yield* cancelled(task)).toBe("cancelled");
    expect(yield* errorOf(timeout("1m", use(tempDir(options), body)))).toMatchObject({ name: "TimeoutError" });
  });
  expect(folder.names()).toEqual(["kept"]);
});

test("a parent that is not there, and a prefix that is a path, are refused", async () => {
  const error = await virtually(errorOf(use(tempDir({ parent: "/none" }), () => sleep(0))));
  expect(error).toMatchObject({ name: "FileError", code: "ENOENT" });
  expect(error.message).toContain('; is there a directory "/none"?');
  expect(() => tempDir({ prefix: "a/b" })).toThrow('tempDir: prefix is a/b; use the beginning of a name, without "/"');
});
