/** What is below a directory. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { collect, forEach } from "brigade";
import { type FileError, walk, type WalkEntry } from "brigade/node";
import { expect, test } from "vitest";
import { descriptors } from "../left.ts";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Folder } from "./folder.ts";

/** a/{deep/{x},y}, b/{z}, file, .hidden */
function tree(): Folder {
  const folder = new Folder();
  folder.mkdir("a", "deep");
  folder.mkdir("b");
  for (const name of ["a/deep/x", "a/y", "b/z", "file", ".hidden"]) folder.write(name, "");
  return folder;
}

const sorted = { sorted: true } as const;

function below(folder: Folder, entries: readonly WalkEntry[]): string[] {
  return entries.map(({ path }) => path.slice(folder.path.length + 1));
}

test("every entry comes once, each directory before what is in it", async () => {
  using folder = tree();
  const entries = await virtually(collect(walk(folder.path, sorted)));
  expect(below(folder, entries)).toEqual([".hidden", "a", "b", "file", "a/deep", "a/y", "a/deep/x", "b/z"]);
  expect(entries[4]).toEqual({ path: folder.in("a", "deep"), name: "deep", kind: "directory", depth: 2 });
  const unsorted = await virtually(collect(walk(folder.path)));
  expect(below(folder, unsorted).toSorted()).toEqual(below(folder, entries).toSorted());
});

test("what is skipped is not entered, and depth bounds the levels", async () => {
  using folder = tree();
  await virtually(function* () {
    const shown = walk(folder.path, { ...sorted, skip: ({ name }) => name === "a" || name.startsWith(".") });
    expect(below(folder, yield* collect(shown))).toEqual(["b", "file", "b/z"]);
    const top = walk(folder.path, { ...sorted, depth: 1 });
    expect(below(folder, yield* collect(top))).toEqual([".hidden", "a", "b", "file"]);
    const failing = walk(folder.path, {
      skip: () => {
        throw new Error("no");
      },
    });
    expect(yield* errorOf(collect(failing))).toMatchObject({ message: "no" });
  });
});

test("kinds: links are links, unless they are followed; FIFOs are something else", async () => {
  using folder = new Folder();
  folder.mkdir("dir");
  folder.write("dir/file", "");
  symlinkSync("dir", folder.in("to-dir"));
  symlinkSync("nowhere", folder.in("to-nothing"));
  spawnSync("mkfifo", [folder.in("fifo")]);
  const kinds = (entries: readonly WalkEntry[]): string[] => entries.map(({ name, kind }) => `${name}: ${kind}`);
  await virtually(function* () {
    expect(kinds(yield* collect(walk(folder.path, { ...sorted, depth: 1 })))).toEqual([
      "dir: directory",
      "fifo: other",
      "to-dir: symlink",
      "to-nothing: symlink",
    ]);
    expect(kinds(yield* collect(walk(folder.path, { ...sorted, depth: 1, followSymlinks: true })))).toEqual([
      "dir: directory",
      "fifo: other",
      "to-dir: directory",
      "to-nothing: symlink",
    ]);
  });
});

test("links that lead in circles, and trees of links without end, are walked once", async () => {
  using folder = new Folder();
  for (let i = 0; i < 30; i++) {
    mkdirSync(folder.in(`level${i}`));
    for (const side of ["left", "right"]) symlinkSync(`../level${i + 1}`, folder.in(`level${i}`, side));
  }
  symlinkSync("..", folder.in("level3", "up"));
  const entries = await virtually(collect(walk(folder.in("level0"), { followSymlinks: true })));
  expect(entries.length).toBeLessThan(200); // of two to the power of 30 ways
  expect(entries.filter(({ kind }) => kind === "directory").length).toBeGreaterThan(50);
});

test("one directory is open at a time, and none that nobody reads", async () => {
  using folder = new Folder();
  folder.mkdir(...Array.from({ length: 200 }, () => "d"));
  let most = 0;
  await virtually(
    forEach(walk(folder.path), () => {
      most = Math.max(most, descriptors().filter((target) => target.startsWith(folder.path)).length);
    }),
  );
  expect(most).toBe(1);
  await virtually(function* () {
    const entries = walk(folder.path);
    yield* entries.next();
    yield* entries.close();
    expect(folder.open()).toEqual([]);
  });
});

test("a directory of 3,000 entries comes whole", async () => {
  using folder = new Folder();
  for (let i = 0; i < 3000; i++) folder.write(`${i}`, "");
  const names = new Set((await virtually(collect(walk(folder.path)))).map(({ name }) => name));
  expect(names.size).toBe(3000);
});

test("a directory that is gone when its turn comes is left out; a root that is not there is an error", async () => {
  using folder = tree();
  await virtually(function* () {
    const names: string[] = [];
    yield* forEach(walk(folder.path, sorted), ({ name }) => {
      if (name === "b") rmSync(folder.in("a"), { recursive: true });
      names.push(name);
    });
    expect(names).toEqual([".hidden", "a", "b", "file", "z"]);
    expect(yield* errorOf(collect(walk(folder.in("none"))))).toMatchObject({ code: "ENOENT", operation: "list" });
    expect(yield* errorOf(collect(walk(folder.in("file"))))).toMatchObject({ code: "ENOTDIR" });
    const errors: FileError[] = [];
    yield* collect(walk(folder.in("none"), { onError: (error) => errors.push(error) }));
    expect(errors.map(({ path }) => path)).toEqual([folder.in("none")]);
  });
});

test("a path that is too long for the system is an error of that directory alone", async () => {
  using folder = new Folder();
  folder.write("z", "");
  const name = "n".repeat(200);
  const program = `for (let i = 0; i < 25; i++) { fs.mkdirSync("${name}"); process.chdir("${name}"); }`;
  const made = spawnSync(process.execPath, ["--eval", program], { cwd: folder.path });
  expect(made.status).toBe(0);
  const errors: string[] = [];
  const entries = await virtually(collect(walk(folder.path, { onError: ({ code }) => errors.push(code) })));
  expect(errors).toEqual(["ENAMETOOLONG"]);
  expect(entries.length).toBeGreaterThan(15);
  spawnSync("rm", ["-rf", join(folder.path, name)]);
});

test("bad arguments are refused at the call, with words", () => {
  expect(() => walk("x", { depth: 0 })).toThrow("walk: depth is 0; use a whole number of at least 1");
  expect(() => walk("x", { skip: "y" as never })).toThrow("walk: skip is to be a function, not string");
});
