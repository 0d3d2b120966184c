/** Changes of files, as they happen. The kernel tells them in real time. */
import { appendFileSync, mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { collect, coroutine, type CoroutineBody, createTask, Event, fromPromise, sleep, timeout } from "brigade";
import { type FileChange, watch, type WatchOptions, writeAtomic } from "brigade/node";
import { expect, test, vi } from "vitest";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Folder, watches } from "./folder.ts";

const clock = { now: (): number => performance.now() };

/** The changes that come until one of the kind comes of the path, told as "created a/b", relative to the folder. */
const changesUntil = coroutine(function* (
  folder: Folder,
  path: string,
  last: string,
  options: WatchOptions,
  change: (seen: (line: string) => Promise<void>) => void | PromiseLike<void>,
): CoroutineBody<string[]> {
  const ready = new Event();
  const changes = watch(path, { ...options, onReady: () => ready.set() });
  const told: string[] = [];
  const reading = createTask(
    coroutine(function* () {
      for (;;) {
        const next = yield* changes.next();
        if (next.done) return told.push("end");
        told.push(`${next.value.kind} ${next.value.path.slice(folder.path.length + 1)}`.trim());
        if (told.at(-1) === last) return told.length;
      }
    })(),
  );
  yield* ready.wait();
  const seen = (line: string): Promise<void> => vi.waitFor(() => expect(told).toContain(line), { timeout: 10_000 });
  const changing = change(seen);
  if (changing) yield* fromPromise(changing);
  yield* timeout("10s", reading);
  yield* changes.close();
  return told;
});

test("what comes, changes and goes in a directory is told", async () => {
  using folder = new Folder();
  folder.write("old", "");
  folder.mkdir("below");
  const told = await virtually(
    changesUntil(folder, folder.path, "removed old", {}, async (seen) => {
      writeFileSync(folder.in("new"), "x");
      await seen("created new");
      appendFileSync(folder.in("new"), "x");
      await seen("changed new");
      writeFileSync(folder.in("below", "unseen"), "");
      renameSync(folder.in("new"), folder.in("moved"));
      await seen("created moved");
      unlinkSync(folder.in("old"));
    }),
    { clock },
  );
  const shown = told.filter((line, i) => !line.endsWith("below") && line !== told[i - 1]); // one may be told twice
  expect(shown).toEqual(["created new", "changed new", "removed new", "created moved", "removed old"]);
});

test("everything below is told as well, in directories that are made later, and at once", async () => {
  using folder = new Folder();
  folder.mkdir("a", "b");
  const told = await virtually(
    changesUntil(folder, folder.path, "created last", { recursive: true }, async (seen) => {
      writeFileSync(folder.in("a", "b", "one"), "");
      mkdirSync(folder.in("c", "d", "e"), { recursive: true });
      writeFileSync(folder.in("c", "d", "e", "two"), "");
      await seen("created c/d/e/two");
      writeFileSync(folder.in("c", "d", "e", "three"), "");
      renameSync(folder.in("c"), folder.in("f"));
      await seen("created f/d/e/three");
      writeFileSync(folder.in("f", "d", "four"), "");
      rmSync(folder.in("a"), { recursive: true });
      await seen("removed a");
      folder.mkdir("a");
      await seen("created a");
      writeFileSync(folder.in("a", "five"), "");
      await seen("created a/five");
      writeFileSync(folder.in("last"), "");
    }),
    { clock },
  );
  for (const change of ["created a/b/one", "created c", "created c/d/e/two", "removed c", "created f/d/e/two"])
    expect(told).toContain(change);
  for (const change of ["created f/d/four", "removed a/b/one", "removed a", "created a/five"])
    expect(told).toContain(change);
  expect(told.filter((change) => /\b(\w)\/\1\b/.test(change))).toEqual([]);
});

test("a directory that was replaced before anybody looked is watched", async () => {
  using folder = new Folder();
  folder.mkdir("dir", "below");
  const told = await virtually(
    changesUntil(folder, folder.path, "created dir/below/new", { recursive: true }, async (seen) => {
      rmSync(folder.in("dir"), { recursive: true });
      folder.mkdir("dir", "below");
      await seen("created dir/below");
      writeFileSync(folder.in("dir", "below", "new"), "");
    }),
    { clock },
  );
  expect(told).toContain("created dir");
});

test("a file may be replaced, and go and come again: the watch stays with its name", async () => {
  using folder = new Folder();
  const path = folder.write("config", "1");
  folder.write("other", "");
  const told = await virtually(
    function* () {
      const ready = new Event();
      const changes = watch(path, { onReady: () => ready.set() });
      const told: string[] = [];
      const next = coroutine(function* () {
        const { value } = yield* changes.next();
        if (told.at(-1) !== value?.kind) told.push(value?.kind as string);
      });
      const first = createTask(next());
      yield* ready.wait();
      writeFileSync(folder.in("other"), "not this");
      yield* writeAtomic(path, "2");
      yield* first;
      unlinkSync(path);
      while (told.at(-1) !== "removed") yield* next();
      writeFileSync(path, "3");
      yield* next();
      yield* changes.close();
      return told;
    },
    { clock },
  );
  expect(told).toEqual(["created", "removed", "created"]);
});

test("the stream ends when the directory itself is gone", async () => {
  using folder = new Folder();
  const path = folder.mkdir("watched");
  for (const remove of [() => rmSync(path, { recursive: true }), () => renameSync(path, folder.in("moved"))]) {
    const told = await virtually(changesUntil(folder, path, "never", {}, remove), { clock });
    expect(told.slice(-2)).toEqual(["removed watched", "end"]);
    folder.mkdir("watched");
  }
});

test("more changes than the limit end in an overflow, and the watch goes on after it", async () => {
  using folder = new Folder();
  await virtually(
    function* () {
      const ready = new Event();
      const changes = watch(folder.path, { limit: 5, onReady: () => ready.set() });
      const first = createTask(changes.next());
      yield* ready.wait();
      for (let i = 0; i < 50; i++) writeFileSync(folder.in(`file-${i}`), "");
      yield* first;
      yield* sleep(500); // until all were looked at
      const told: FileChange[] = [];
      while (told.at(-1)?.kind !== "overflow") told.push((yield* changes.next()).value as FileChange);
      expect(told.length).toBe(6);
      expect(told.at(-1)).toEqual({ kind: "overflow", path: folder.path });
      writeFileSync(folder.in("later"), "");
      expect(yield* changes.next()).toEqual({ done: false, value: { kind: "created", path: folder.in("later") } });
      yield* changes.close();
    },
    { clock },
  );
});

test("closing and cancellation give every watch back, with a look still under way", async () => {
  using folder = new Folder();
  folder.mkdir("a", "b", "c");
  const before = watches();
  await virtually(
    function* () {
      const ready = new Event();
      const changes = watch(folder.path, { recursive: true, onReady: () => ready.set() });
      const task = createTask(collect(changes));
      yield* ready.wait();
      expect(watches()).toBe(before + 4);
      folder.mkdir("a", "new");
      expect(yield* cancelled(task)).toBe("cancelled");
      expect(watches()).toBe(before);
    },
    { clock },
  );
});

test("in virtual time a watch waits for the real change", async () => {
  using folder = new Folder();
  setTimeout(() => folder.write("file", ""), 30);
  const { value } = await virtually(function* () {
    return yield* watch(folder.path).next();
  });
  expect(value).toEqual({ kind: "created", path: folder.in("file") });
});

test("a path that is not there is an error, and so are bad options", async () => {
  const error = await virtually(errorOf(watch("/none").next()));
  expect(error).toMatchObject({ name: "FileError", code: "ENOENT", path: "/none", operation: "watch" });
  expect(() => watch("x", { limit: 0 })).toThrow("watch: limit is 0");
  expect(() => watch("x", { onReady: 1 as never })).toThrow("watch: onReady is to be a function, not number");
});
