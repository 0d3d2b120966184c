/** Files on a disk that is full, files that change, shrink and vanish while they are read, and files that are none. */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTask, forEach, gather, sleep, timeout, use } from "brigade";
import {
  appendLine,
  exec,
  FileError,
  readBytes,
  readLines,
  readText,
  tempDir,
  walk,
  write,
  writeAtomic,
} from "brigade/node";
import { expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { errorOf, expectNothingLeft } from "./leaves-nothing.ts";

// Real files: no virtual time.

/** A folder that is removed with everything in it. */
class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-hostile-"));

  in(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const canMount = process.getuid?.() === 0 && process.platform === "linux";

test.runIf(canMount)(
  "twenty writers on a disk that fills up: each has its error, no target is half, nothing is left",
  async ({ skip }) => {
    using folder = new Folder();
    const disk = folder.in("disk");
    mkdirSync(disk);
    const size = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]).status;
    if (size !== 0) skip("this container forbids mounting");
    try {
      for (let i = 0; i < 20; i++) writeFileSync(join(disk, `old-${i}`), `old ${i}`);
      await expectNothingLeft(function* () {
        const pieces = function* (): Generator<string> {
          for (let i = 0; i < 40; i++) yield "x".repeat(1_000);
        };
        const outcomes = yield* gather(
          Array.from({ length: 20 }, (_, i) => writeAtomic(join(disk, `old-${i}`), pieces())),
          { returnExceptions: true },
        );
        const failed = outcomes.filter((outcome) => outcome instanceof Error);
        expect(failed.length).toBeGreaterThan(0);
        for (const error of failed) {
          expect(error).toBeInstanceOf(FileError);
          expect(error).toMatchObject({ code: "ENOSPC" });
        }
        expect(readdirSync(disk).toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `old-${i}`).toSorted());
        for (const [i, outcome] of outcomes.entries()) {
          const text = readFileSync(join(disk, `old-${i}`), "utf8");
          expect(text).toBe(outcome instanceof Error ? `old ${i}` : "x".repeat(40_000));
        }
        expect(yield* errorOf(write(join(disk, "big"), new Uint8Array(1_000_000)))).toMatchObject({ code: "ENOSPC" });
        // A subprocess that meets the full disk says so itself.
        const full = yield* errorOf(exec("sh", ["-c", 'head -c 1000000 /dev/zero > "$0"', join(disk, "zeros")]));
        expect(full.message).toMatch(/No space left/);
        expect(yield* errorOf(appendLine(join(disk, "old-0"), "y".repeat(300_000)))).toMatchObject({ code: "ENOSPC" });
      });
    } finally {
      spawnSync("umount", [disk]);
    }
  },
);

test("a file that is removed while it is read is read to its end", async () => {
  using folder = new Folder();
  const path = folder.in("lines.txt");
  writeFileSync(path, Array.from({ length: 200_000 }, (_, i) => `line ${i}\n`).join(""));
  await expectNothingLeft(function* () {
    let count = 0;
    yield* forEach(readLines(path), (line) => {
      if (count === 10) unlinkSync(path);
      expect(line).toBe(`line ${count++}`);
    });
    expect(count).toBe(200_000);
    expect(yield* errorOf(readText(path))).toMatchObject({ name: "FileError", code: "ENOENT", path });
  });
});

test("a file that is truncated while it is read ends there, in a whole or a cut line", async () => {
  using folder = new Folder();
  const path = folder.in("lines.txt");
  writeFileSync(path, "0123456789\n".repeat(500_000));
  await expectNothingLeft(function* () {
    let count = 0;
    yield* forEach(readLines(path), () => {
      if (count++ === 0) truncateSync(path, 100);
    });
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(500_000);
  });
});

test("a file that grows for ever is read until one leaves, and its descriptor is closed", async () => {
  await expectNothingLeft(function* () {
    const reading = forEach(readLines("/dev/zero", { limit: 100_000 }), () => {});
    expect((yield* errorOf(timeout("10s", reading))).name).toBe("LimitOverrunError");
    const endless = createTask(readBytes("/dev/zero"));
    yield* sleep(30);
    expect(yield* cancelled(endless)).toBe("cancelled");
  });
});

test("a FIFO that nobody writes to is left by cancellation and timeouts, and other files are read meanwhile", async () => {
  using folder = new Folder();
  const fifo = folder.in("fifo");
  spawnSync("mkfifo", [fifo]);
  // Whoever waits in open(2) holds a thread of Node's pool, which has four.
  const rescue = setTimeout(
    () => spawnSync("sh", ["-c", `for i in 1 2 3 4 5 6 7 8; do timeout 1 sh -c ': > "$0"' "$0"; done`, fifo]),
    5_000,
  );
  const began = performance.now();
  try {
    await expectNothingLeft(function* () {
      const readers = Array.from({ length: 5 }, () => createTask(readText(fifo)));
      yield* sleep(50);
      expect(yield* timeout("3s", readText("/proc/self/comm"))).toMatch(/\w/);
      for (const reader of readers) expect(yield* cancelled(reader)).toBe("cancelled");
      expect(performance.now() - began).toBeLessThan(4_000);
    });
  } finally {
    clearTimeout(rescue);
  }
}, 30_000);

test("a tree that is torn down while it is walked is walked as far as it is there, or says what is missing", async () => {
  using folder = new Folder();
  const root = folder.in("tree");
  for (let i = 0; i < 40; i++) {
    mkdirSync(join(root, `${i}`, "a", "b"), { recursive: true });
    writeFileSync(join(root, `${i}`, "a", "file"), "");
  }
  await expectNothingLeft(function* () {
    let seen = 0;
    const walking = forEach(walk(root), () => {
      if (++seen === 7) rmSync(root, { recursive: true });
    });
    try {
      yield* walking;
    } catch (error) {
      expect(error).toMatchObject({ name: "FileError", code: "ENOENT" });
    }
    expect(seen).toBeLessThan(160);
  });
});

test("a temporary folder is gone after an error, a cancellation, and when another has removed it already", async () => {
  const paths: string[] = [];
  await expectNothingLeft(function* () {
    const failing = use(tempDir(), function* (path) {
      paths.push(path);
      yield* write(join(path, "a.txt"), "a");
      throw new RangeError("the body fails");
    });
    expect(yield* errorOf(failing)).toBeInstanceOf(RangeError);
    const waiting = createTask(
      use(tempDir(), function* (path) {
        paths.push(path);
        mkdirSync(join(path, "deep", "deeper"), { recursive: true });
        yield* exec("sh", ["-c", "echo x > locked; chmod 000 locked deep"], { cwd: path });
        yield* sleep("1h");
      }),
    );
    while (paths.length < 2) yield* sleep(2);
    yield* sleep(60);
    expect(yield* cancelled(waiting)).toBe("cancelled");
    yield* use(tempDir(), function* (path) {
      paths.push(path);
      rmSync(path, { recursive: true });
      yield* sleep(0);
    });
  });
  expect(paths.filter((path) => readdirSync(tmpdir()).includes(path.split("/").at(-1) ?? ""))).toEqual([]);
});

test("a hundred tasks that replace one file leave a whole one, and no other", async () => {
  using folder = new Folder();
  const path = folder.in("one.json");
  await expectNothingLeft(function* () {
    const texts = Array.from({ length: 100 }, (_, i) => String(i % 10).repeat(50_000));
    const tasks = texts.map((text) => createTask(writeAtomic(path, text)));
    for (const [i, task] of tasks.entries()) {
      if (i % 3 === 0) continue;
      yield* sleep(0);
      task.cancel();
    }
    for (const task of tasks) yield* cancelled(task);
    yield* writeAtomic(path, "7".repeat(50_000));
    const late = createTask(writeAtomic(path, texts[3] as string));
    yield* sleep(1);
    yield* cancelled(late);
    expect(readdirSync(folder.path)).toEqual(["one.json"]);
    expect(["3", "7"].map((digit) => digit.repeat(50_000))).toContain(readFileSync(path, "utf8"));
  });
});
