/** Files that are replaced whole or not at all. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createTask, forEach, gather, sleep, stream } from "brigade";
import { readText, writeAtomic } from "brigade/node";
import { expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { errorOf } from "../hostile/leaves-nothing.ts";
import { Moments } from "./at-every-step.ts";
import { Folder } from "./folder.ts";

test("a file is made, and replaced, from text, bytes and sources", async () => {
  using folder = new Folder();
  await virtually(function* () {
    for (const [data, text] of [
      ["text", "text"],
      [new Uint8Array([0x41]), "A"],
      [["one", " two"], "one two"],
      ["", ""],
    ] as const) {
      yield* writeAtomic(folder.in("file"), data);
      expect(folder.read("file")).toBe(text);
    }
  });
  expect(folder.names()).toEqual(["file"]);
});

test("readers see the old text or the new one, whole, and the last of many writers wins whole", async () => {
  using folder = new Folder();
  const path = folder.write("file", "-".repeat(100_000));
  await virtually(function* () {
    const writing = Array.from({ length: 20 }, (_, i) =>
      createTask(writeAtomic(path, String.fromCharCode(97 + i).repeat(100_000), { flush: false })),
    );
    while (writing.some((task) => !task.done)) {
      const text = yield* readText(path);
      expect(text).toBe((text[0] as string).repeat(100_000));
    }
    yield* gather(writing);
  });
  expect(folder.names()).toEqual(["file"]);
});

test("a source that fails, and a cancellation, leave the file as it was and nothing beside it", async () => {
  using folder = new Folder();
  const path = folder.write("file", "before");
  const pieces = stream(function* (last: "fails" | "hangs") {
    yield "after".repeat(100_000);
    if (last === "fails") throw new Error("no more");
    yield* sleep(Infinity);
  });
  await virtually(function* () {
    expect(yield* errorOf(writeAtomic(path, pieces("fails")))).toMatchObject({ message: "no more" });
    expect(folder.names()).toEqual(["file"]);
    const task = createTask(writeAtomic(path, pieces("hangs")));
    while (folder.names().length === 1) yield* sleep(1);
    expect(yield* cancelled(task)).toBe("cancelled");
  });
  expect(folder.names()).toEqual(["file"]);
  expect(folder.read("file")).toBe("before");
});

test("permissions and owner are kept; a new file has the mode that was asked for", async () => {
  using folder = new Folder();
  const path = folder.write("file", "before");
  const root = process.getuid?.() === 0;
  if (root) chownSync(path, 1234, 5678);
  chmodSync(path, 0o4751);
  const before = process.umask(0o077);
  try {
    await virtually(function* () {
      yield* writeAtomic(path, "after", { mode: 0o666 });
      yield* writeAtomic(folder.in("new"), "new", { mode: 0o640 });
    });
  } finally {
    process.umask(before);
  }
  const { mode, uid, gid } = statSync(path);
  expect((mode & 0o7777).toString(8)).toBe("4751");
  if (root) expect([uid, gid]).toEqual([1234, 5678]);
  expect(statSync(folder.in("new")).mode & 0o777).toBe(0o600);
});

test("what a symbolic link leads to is replaced, through directories that are links, and made if it is not there", async () => {
  using folder = new Folder();
  folder.mkdir("far", "real");
  folder.write("far/file", "before");
  symlinkSync("far/real", folder.in("near"));
  symlinkSync("../file", folder.in("far", "real", "link"));
  symlinkSync("nowhere", folder.in("dangling"));
  await virtually(function* () {
    yield* writeAtomic(folder.in("near", "link"), "after");
    yield* writeAtomic(folder.in("dangling"), "made");
  });
  expect(folder.read("far/file")).toBe("after");
  expect(readlinkSync(folder.in("near", "link"))).toBe("../file");
  expect(lstatSync(folder.in("dangling")).isSymbolicLink()).toBe(true);
  expect(folder.read("nowhere")).toBe("made");
  expect(folder.names()).toEqual(["dangling", "far", "near", "nowhere"]);
});

test("other hard links keep the old content", async () => {
  using folder = new Folder();
  const path = folder.write("file", "before");
  linkSync(path, folder.in("other"));
  await virtually(writeAtomic(path, "after"));
  expect([folder.read("file"), folder.read("other")]).toEqual(["after", "before"]);
});

test("a name of 255 bytes can be replaced", async () => {
  using folder = new Folder();
  const name = "é".repeat(127);
  await virtually(writeAtomic(folder.in(name), "text"));
  expect(folder.names()).toEqual([name]);
});

test("directories, devices, circles of links and missing directories are refused by the path that was given", async () => {
  using folder = new Folder();
  mkdirSync(folder.in("dir"));
  symlinkSync("circle", folder.in("circle"));
  await virtually(function* () {
    for (const [path, code] of [
      [folder.in("dir"), "EISDIR"],
      ["/dev/null", "EINVAL"],
      [folder.in("circle"), "ELOOP"],
      [folder.in("none", "file"), "ENOENT"],
    ] as const) {
      const error = yield* errorOf(writeAtomic(path, "text"));
      expect(error).toMatchObject({ name: "FileError", code, path, operation: "write" });
    }
  });
  expect(folder.names()).toEqual(["circle", "dir"]);
});

test("a process that is killed at any moment leaves the old text or the new one", async () => {
  using folder = new Folder();
  const path = folder.write("file", "a".repeat(200_000));
  const program = `
    import { run } from "brigade";
    import { writeAtomic } from "brigade/node";
    await run(function* () {
      for (let i = 0; ; i++) {
        yield* writeAtomic(process.argv[1], String.fromCharCode(97 + (i % 26)).repeat(200_000));
        if (i === 0) console.log("begun");
      }
    });`;
  for (let i = 0; i < 4; i++) {
    const node = ["--conditions=@brigade/source", "--input-type=module", "--eval", program, path];
    const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, i * 3)); // another moment each time
    child.kill("SIGKILL");
    await once(child, "close");
    const text = readFileSync(path, "latin1");
    expect(text).toBe((text[0] as string).repeat(200_000));
  }
  for (const name of readdirSync(folder.path)) expect(name).toMatch(/^(?:file|\.file\.[\w-]{12}\.tmp)$/);
});

test("data of a stream goes to the disk before the name does", async () => {
  using folder = new Folder();
  const seen: string[] = [];
  const numbers = stream(function* () {
    for (let i = 0; i < 3; i++) {
      seen.push(...folder.names().map((name) => name.replace(/\.[\w-]{12}\./, ".random.")));
      yield `${i}`;
    }
  });
  await virtually(forEach([folder.in("file")], (path) => writeAtomic(path, numbers())));
  expect(new Set(seen)).toEqual(new Set([".file.random.tmp"]));
  expect(folder.read("file")).toBe("012");
});

test("the data is on the disk before the file has its name, and then the directory is; without flush neither", async () => {
  using folder = new Folder();
  const path = folder.write("file", "before");
  await virtually(function* () {
    for (const [flush, order] of [
      [true, ["write", "fsync", "close", "rename", "fsync", "close"]],
      [false, ["write", "close", "rename"]],
    ] as const) {
      const asked: string[] = [];
      {
        using _moments = new Moments((name, moment) => void (moment === "asked" && asked.push(name)));
        yield* writeAtomic(path, "after", { flush });
      }
      expect(asked.filter((name) => (order as readonly string[]).includes(name))).toEqual(order);
    }
  });
});
