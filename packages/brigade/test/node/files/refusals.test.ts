/** What a real system refuses: a full disk, a missing permission, a file system that can only be read. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { collect, use, coroutine } from "brigade";
import { append, appendLine, readText, tempDir, walk, write, writeAtomic } from "brigade/node";
import { expect, test } from "vitest";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Folder } from "./folder.ts";

const isRoot = process.getuid?.() === 0 && process.platform === "linux";

/** A file system of its own, in the folder. False where the container forbids that. */
function mount(folder: Folder, options: string): boolean {
  mkdirSync(folder.in("disk"));
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder.in("disk")]).status === 0;
}

test.runIf(isRoot)(
  "a full disk: the error says how much was written, and the target of writeAtomic is untouched",
  async ({ skip }) => {
    using folder = new Folder();
    if (!mount(folder, "size=64k")) skip("this container forbids mounting");
    try {
      writeFileSync(folder.in("disk", "config"), "before");
      await virtually(function* () {
        const error = yield* errorOf(writeAtomic(folder.in("disk", "config"), "x".repeat(1_000_000)));
        expect(error).toMatchObject({ code: "ENOSPC", operation: "write", path: folder.in("disk", "config") });
        expect(readdirSync(folder.in("disk"))).toEqual(["config"]);
        expect(readFileSync(folder.in("disk", "config"), "utf8")).toBe("before");

        const path = folder.in("disk", "large");
        const whole = yield* errorOf(write(path, "x".repeat(1_000_000)));
        const { size } = statSync(path);
        expect(size).toBeGreaterThan(40_000);
        expect(whole).toMatchObject({ code: "ENOSPC", written: size });
        expect(whole.message).toContain(`; ${size} of 1000000 bytes were written; make room and try again`);

        const more = yield* errorOf(append(path, ["y".repeat(100), "z"]));
        expect(more).toMatchObject({ code: "ENOSPC", operation: "append to", written: 0 });
        const line = yield* errorOf(appendLine(path, "a line"));
        expect(line).toMatchObject({ code: "ENOSPC" });
        expect(statSync(path).size).toBe(size);
      });
    } finally {
      spawnSync("umount", [folder.in("disk")]);
    }
  },
);

test.runIf(isRoot)("a file system that can only be read", async ({ skip }) => {
  using folder = new Folder();
  if (!mount(folder, "size=64k")) skip("this container forbids mounting");
  try {
    writeFileSync(folder.in("disk", "file"), "before");
    spawnSync("mount", ["-o", "remount,ro", folder.in("disk")]);
    await virtually(function* () {
      for (const refused of [
        write(folder.in("disk", "file"), "x"),
        writeAtomic(folder.in("disk", "file"), "x"),
        appendLine(folder.in("disk", "file"), "x"),
      ]) {
        const error = yield* errorOf(refused);
        expect(error).toMatchObject({ name: "FileError", code: "EROFS" });
        expect(error.message).toContain("write somewhere else");
      }
      expect(yield* readText(folder.in("disk", "file"))).toBe("before");
    });
  } finally {
    spawnSync("umount", [folder.in("disk")]);
  }
});

/** Nobody is root for this long: all threads of the process take the user. */
class Nobody implements Disposable {
  constructor() {
    process.seteuid?.(65_534);
  }
  [Symbol.dispose](): void {
    process.seteuid?.(0);
  }
}

test.runIf(isRoot)("a missing permission names the file and the user", async () => {
  using folder = new Folder();
  const secret = folder.write("secret", "x");
  chmodSync(secret, 0o600);
  chmodSync(folder.path, 0o755);
  using _nobody = new Nobody();
  await virtually(function* () {
    for (const [refused, operation] of [
      [readText(secret), "read"],
      [write(secret, "y"), "write"],
      [appendLine(secret, "y"), "append to"],
      [writeAtomic(secret, "y"), "write"], // it is the directory that can't be written
    ] as const) {
      const error = yield* errorOf(refused);
      expect(error).toMatchObject({ name: "FileError", code: "EACCES", path: secret, operation });
      expect(error.message).toContain(
        "permission denied (EACCES); the user of this process (uid 65534) has no permission",
      );
    }
  });
});

test.runIf(isRoot)("a directory that can't be listed ends the walk, or goes to onError", async () => {
  using folder = new Folder();
  chmodSync(folder.path, 0o755);
  chmodSync(folder.mkdir("closed"), 0o700);
  folder.mkdir("open", "inner");
  using _nobody = new Nobody();
  await virtually(function* () {
    expect(yield* errorOf(collect(walk(folder.path)))).toMatchObject({ code: "EACCES", path: folder.in("closed") });
    const errors: string[] = [];
    const entries = yield* collect(walk(folder.path, { sorted: true, onError: (error) => errors.push(error.path) }));
    expect(entries.map(({ name }) => name)).toEqual(["closed", "open", "inner"]);
    expect(errors).toEqual([folder.in("closed")]);
  });
});

test.runIf(isRoot)("a temporary directory goes with what may not be written or listed in it", async () => {
  using folder = new Folder();
  chmodSync(folder.path, 0o777);
  using _nobody = new Nobody();
  const fill = coroutine(function* (dir: string) {
    mkdirSync(`${dir}/a/b`, { recursive: true });
    yield* write(`${dir}/a/b/file`, "x", { mode: 0o400 });
    chmodSync(`${dir}/a/b`, 0o500);
    chmodSync(`${dir}/a`, 0o000);
    chmodSync(dir, 0o000);
  });
  await virtually(use(tempDir({ parent: folder.path }), fill));
  expect(folder.names()).toEqual([]);
});
