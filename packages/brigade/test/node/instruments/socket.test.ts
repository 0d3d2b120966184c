/** The local socket: who may use it, what it answers to what, and that no reader holds the program up or fills its memory. */
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPrograms, socketPath } from "brigade/instruments";
import { MOST_REQUEST_BYTES } from "brigade/trace";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Answering } from "../../../src/trace/live/answers.ts";
import { LocalServer } from "../../../src/node/instruments/socket/server.ts";
import { eventuallyLeft, held, type Held, warmedUp } from "../left.ts";
import { eventually, Place, Watcher } from "./programs.ts";

// Real sockets: no virtual time.

let place: Place;
let before: Held;
const servers: LocalServer[] = [];

beforeEach(async () => {
  await warmedUp();
  before = held();
  place = new Place();
  vi.stubEnv("XDG_RUNTIME_DIR", place.path);
  vi.stubEnv("TMPDIR", place.path);
});

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
  await place[Symbol.asyncDispose]();
  expect(await eventuallyLeft(before)).toEqual([]);
});

type Answer = (request: Readonly<Record<string, unknown>>) => Answering;

function* echo(request: Readonly<Record<string, unknown>>): Answering {
  if (request["call"] === "fail") throw new TypeError("this one fails");
  return { echo: request["call"] };
}

function serve(answer: Answer = echo, watched: (watched: boolean) => void = () => {}): LocalServer {
  const server = new LocalServer(process.pid, 0, answer, watched);
  servers.push(server);
  return server;
}

describe("where it is", () => {
  test("the directory and the socket are the user's alone", () => {
    const { path } = serve();
    expect(path).toBe(place.socketOf(process.pid));
    expect(lstatSync(place.sockets).mode & 0o777).toBe(0o700);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(openPrograms()).toEqual([{ pid: process.pid, thread: 0, path }]);
  });

  test("a socket that was closed is gone, and may be opened again", () => {
    const server = serve();
    server.close();
    expect(openPrograms()).toEqual([]);
    expect(serve().path).toBe(server.path);
  });

  test("a directory that others may enter is refused, with what to do", () => {
    mkdirSync(place.sockets);
    chmodSync(place.sockets, 0o755);
    vi.stubEnv("TMPDIR", place.file("missing"));
    expect(() => serve()).toThrow(/others may enter .*brigade \(its mode is 755\): run "chmod 700 /);
    writeFileSync(join(place.sockets, "1.sock"), "");
    expect(() => openPrograms()).toThrow(/others may enter/);
  });

  test("a symbolic link in its place is refused", () => {
    mkdirSync(place.file("elsewhere"), { mode: 0o700 });
    symlinkSync(place.file("elsewhere"), place.sockets);
    vi.stubEnv("TMPDIR", place.file("missing"));
    expect(() => serve()).toThrow(/brigade is a symbolic link: remove it/);
  });

  test("a directory of another user is refused", (context) => {
    context.skip(process.getuid?.() !== 0, "only root can make one");
    mkdirSync(place.sockets, { mode: 0o700 });
    chownSync(place.sockets, 65_534, 65_534);
    vi.stubEnv("TMPDIR", place.file("missing"));
    expect(() => serve()).toThrow(/brigade belongs to user 65534, not to 0/);
  });

  test("a directory that can't be used is no hindrance where there is another one", () => {
    writeFileSync(place.sockets, "a file");
    vi.stubEnv("TMPDIR", place.file("temporary"));
    mkdirSync(place.file("temporary"));
    const { path } = serve();
    expect(path).toBe(join(place.file("temporary"), `brigade-${process.getuid?.()}`, `${process.pid}.sock`));
  });

  test("a path that is too long for a socket is told with its length", () => {
    const long = join(place.path, "x".repeat(100));
    mkdirSync(long);
    vi.stubEnv("XDG_RUNTIME_DIR", long);
    vi.stubEnv("TMPDIR", long);
    expect(() => socketPath(1, 0)).toThrow(
      /is \d{3} bytes, and a socket's address has room for 10\d: set XDG_RUNTIME_DIR or TMPDIR/,
    );
  });

  test("sockets that dead processes left are removed, other files are not", async () => {
    serve();
    const dead = place.start("");
    await dead.ended;
    for (const name of [`${dead.pid}.sock`, `${dead.pid}.3.sock`, "notes.txt"])
      writeFileSync(join(place.sockets, name), "");
    expect(openPrograms().map(({ pid }) => pid)).toEqual([process.pid]);
    expect(existsSync(join(place.sockets, `${dead.pid}.3.sock`))).toBe(false);
    expect(existsSync(join(place.sockets, "notes.txt"))).toBe(true);
  });

  test("a socket that an earlier process of the same number left is taken over", async () => {
    mkdirSync(place.sockets, { mode: 0o700 });
    writeFileSync(place.socketOf(process.pid), "");
    using watcher = await Watcher.at(serve().path);
    expect(await watcher.call("hello", {})).toEqual({ echo: "hello" });
  });
});

describe("what it answers", () => {
  test("requests in order, each with its id, however their bytes are cut", async () => {
    using watcher = await Watcher.at(serve().path);
    const text = '{"id":1,"call":"ä"}\n{"id":2,"call":"fail"}\n{"id":3,"call":"c"}\n';
    for (const byte of Buffer.from(text)) watcher.socket.write(Uint8Array.of(byte));
    expect([await watcher.line(), await watcher.line(), await watcher.line()]).toEqual([
      '{"id":1,"value":{"echo":"ä"}}',
      '{"id":2,"error":"this one fails"}',
      '{"id":3,"value":{"echo":"c"}}',
    ]);
  });

  test.for([["GET / HTTP/1.1"], ["[1,2"], ["null"], ["\u0000\u0001"], [""]])(
    "%j is answered by an error, and by the end",
    async ([line = ""]) => {
      using watcher = await Watcher.at(serve().path);
      watcher.send(line);
      expect(await watcher.answer()).toMatchObject({ id: 0, error: expect.stringMatching(/this is no request/) });
      await watcher.closed;
    },
  );

  test("a request without an end is refused as soon as it is too long", async () => {
    using watcher = await Watcher.at(serve().path);
    const junk = Buffer.alloc(MOST_REQUEST_BYTES, "x");
    for (let i = 0; i < 1_600 && !watcher.socket.destroyed; i++) {
      if (!watcher.socket.write(junk))
        await Promise.race([new Promise((go) => watcher.socket.once("drain", go)), watcher.closed]);
    }
    expect(watcher.lines).toEqual([`{"id":0,"error":"a request has at most ${MOST_REQUEST_BYTES} bytes"}`]);
  });

  test("the thirty-third that watches is told to come back, and can when another one has gone", async () => {
    const { path } = serve();
    const watchers = await Promise.all(Array.from({ length: 32 }, () => Watcher.at(path)));
    await Promise.all(watchers.map((one) => one.call("hello", {})));
    using late = await Watcher.at(path);
    expect(await late.answer()).toMatchObject({ error: "32 watch this program already: close one of them" });
    await late.closed;
    watchers[0]?.[Symbol.dispose]();
    await watchers[0]?.closed;
    await new Promise((resolve) => setTimeout(resolve, 20)); // until the server has heard of it
    using next = await Watcher.at(path);
    expect(await next.call("hello", {})).toEqual({ echo: "hello" });
    for (const one of watchers) one[Symbol.dispose]();
  });

  test("it knows whether anybody watches", async () => {
    const told: boolean[] = [];
    const { path } = serve(echo, (watched) => told.push(watched));
    const first = await Watcher.at(path);
    const second = await Watcher.at(path);
    await Promise.all([first.call("hello", {}), second.call("hello", {})]);
    first[Symbol.dispose]();
    await first.closed;
    second[Symbol.dispose]();
    await eventually("the last has gone", () => told.length === 2);
    expect(told).toEqual([true, false]);
  });
});

test("an answer that takes long gives the program its turn again and again, however fast it is read", async () => {
  const { path } = serve(function* () {
    for (let step = 0; step < 100; step++) {
      for (const until = performance.now() + 1; performance.now() < until; ); // work that blocks, as reading stacks does
      yield step % 2 === 0 ? "piece" : undefined;
    }
    return "all";
  });
  let turns = 0;
  const count = setInterval(() => turns++, 1);
  using watcher = await Watcher.at(path);
  expect(await watcher.call("dump", {})).toBe("all");
  clearInterval(count);
  expect(turns).toBeGreaterThanOrEqual(10);
});

describe("who does not read", () => {
  test("holds one piece of a long answer, and no more is made until it reads", async () => {
    let made = 0;
    let ended = false;
    const { path } = serve(function* () {
      try {
        for (; made < 10_000; made++) yield "x".repeat(10_000);
        return "all";
      } finally {
        ended = true;
      }
    });
    const watcher = await Watcher.at(path);
    watcher.socket.pause();
    watcher.send('{"id":1,"call":"dump"}');
    await eventually("some is made", () => made > 0);
    let before = -1;
    await eventually("no more is made", () => {
      const same = made === before;
      before = made;
      return same;
    });
    expect(made).toBeLessThan(200); // what the operating system takes, and one piece
    watcher[Symbol.dispose]();
    await eventually("the answer is given up", () => ended);
  });

  test("reads later, and misses nothing", async () => {
    const { path } = serve(function* () {
      for (let i = 0; i < 1_000; i++) {
        if (i % 10 === 0) yield undefined;
        yield `${i} ${"x".repeat(5_000)}`;
      }
      return "all";
    });
    using watcher = await Watcher.at(path);
    watcher.socket.pause();
    const pieces: string[] = [];
    const answered = watcher.call("dump", {}, (piece) => pieces.push(piece.split(" ")[0] as string));
    await new Promise((resolve) => setTimeout(resolve, 50));
    watcher.socket.resume();
    expect(await answered).toBe("all");
    expect(pieces).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
  });

  test("sends request after request, and has its answers made no faster than it takes them", async () => {
    let answered = 0;
    const { path } = serve(function* () {
      answered++;
      return "x".repeat(100_000);
    });
    const watcher = await Watcher.at(path);
    watcher.socket.pause();
    const filler = "x".repeat(50_000);
    for (let id = 1; id <= 200; id++) watcher.send(`{"id":${id},"call":"hello","filler":"${filler}"}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // long enough to have read it all
    expect(answered).toBeLessThan(50);
    expect(watcher.socket.writableLength).toBeGreaterThan(5_000_000); // what is not read waits with whoever sends it
    watcher[Symbol.dispose]();
  });
});

test("a server that is closed while it answers gives the answer up", async () => {
  let ended = false;
  const server = serve(function* () {
    try {
      for (;;) yield undefined;
    } finally {
      ended = true;
    }
  });
  using watcher = await Watcher.at(server.path);
  watcher.send('{"id":1,"call":"hello"}');
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.close();
  await watcher.closed;
  await eventually("the answer is given up", () => ended);
  expect(existsSync(server.path)).toBe(false);
});
