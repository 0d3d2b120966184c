/** Peers that reset, drip, never read and never end: each has its error, memory stays flat, and nothing is left. */
import type { Socket } from "node:net";
import { type CoroutineBody, coroutine, createTask, fromPromise, sleep, timeout, use } from "brigade";
import { connect, type Connection, SocketClosedError } from "brigade/node";
import { expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { Peer } from "./peers.ts";
import { errorOf, expectNothingLeft } from "./leaves-nothing.ts";

// Real sockets: no virtual time.

const MEGABYTE = 1024 * 1024;

/** Connects to a peer that behaves like that, runs the body, and looks what is left. */
async function against(
  behave: (socket: Socket) => void,
  body: (connection: Connection) => CoroutineBody<unknown>,
  options: { readonly closeTimeout?: number } = {},
): Promise<void> {
  await expectNothingLeft(
    coroutine(function* (): CoroutineBody<void> {
      const peer = yield* fromPromise(Peer.start(behave));
      try {
        yield* use(connect({ ...peer.address, ...options }), (connection) => coroutine(body)(connection));
        while (peer.sockets.size > 0) {
          for (const socket of peer.sockets) socket.destroy();
          yield* sleep(1);
        }
      } finally {
        yield* fromPromise(peer[Symbol.asyncDispose]());
      }
    }),
  );
}

test("a peer that resets in the middle of a line: what came before is read, then SocketClosedError", async () => {
  await against(
    (socket) => {
      socket.write("whole line\nhalf a li");
      setTimeout(() => socket.resetAndDestroy(), 30);
    },
    function* ({ reader }) {
      expect(yield* reader.readLine()).toBe("whole line");
      const error = yield* errorOf(reader.readLine());
      expect(error).toBeInstanceOf(SocketClosedError);
      expect(error).toMatchObject({ code: "ECONNRESET" });
      expect(error.message).toMatch(/127\.0\.0\.1/);
    },
  );
});

test("a peer that ends in the middle of a line: the last line lacks its end; readUntil says that it is not whole", async () => {
  const halves = (socket: Socket): void => void socket.end("half a li");
  await against(halves, function* ({ reader }) {
    expect(yield* reader.readLine()).toBe("half a li");
    expect(yield* reader.readLine()).toBe(undefined);
  });
  await against(halves, function* ({ reader }) {
    const error = yield* errorOf(reader.readUntil("\n"));
    expect(error.name).toBe("IncompleteReadError");
    expect(yield* errorOf(reader.readExactly(1))).toMatchObject({ name: "IncompleteReadError", expected: 1 });
  });
});

test("a line longer than the limit is an error with the limit in it; no more than that is taken in", async () => {
  await against(
    (socket) => {
      const piece = "x".repeat(100_000);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.resume().on("end", () => socket.destroy());
      socket.on("drain", pour);
      pour();
    },
    function* ({ reader }) {
      const error = yield* errorOf(reader.readLine());
      expect(error).toMatchObject({ name: "LimitOverrunError", limit: 65_536 });
      yield* sleep(50);
      expect(reader.buffered).toBeLessThan(MEGABYTE);
      expect((yield* errorOf(reader.readLine({ limit: 100 }))).name).toBe("LimitOverrunError");
      expect((yield* reader.readExactly(10)).length).toBe(10); // what came is still there
    },
  );
});

test("a peer that sends one byte at a time is read as one that sends whole lines", async () => {
  const text = "grüße\r\nzweite Zeile\n\r\nlast";
  await against(
    (socket) => {
      const bytes = [...Buffer.from(text)];
      socket.setNoDelay(true);
      const drip = (): void => {
        const byte = bytes.shift();
        if (byte === undefined) socket.end();
        else socket.write(Buffer.of(byte), () => setImmediate(drip));
      };
      drip();
    },
    function* ({ reader }) {
      const lines: string[] = [];
      for (let line = yield* reader.readLine(); line !== undefined; line = yield* reader.readLine()) lines.push(line);
      expect(lines).toEqual(["grüße", "zweite Zeile", "", "last"]);
    },
  );
});

test("a peer that never reads holds the writer back: memory stays flat, cancellation frees it, and leaving says what was not sent", async () => {
  const leaving = against(
    (socket) => socket.pause(),
    function* ({ writer }) {
      const piece = new Uint8Array(100_000);
      const pouring = createTask(
        coroutine(function* (): CoroutineBody<void> {
          for (;;) yield* writer.write(piece);
        })(),
      );
      yield* sleep(200);
      expect(pouring.done).toBe(false);
      expect(writer.buffered).toBeLessThan(MEGABYTE);
      expect(yield* cancelled(pouring)).toBe("cancelled");
    },
    { closeTimeout: 100 },
  );
  await expect(leaving).rejects.toThrow(/not all could be sent within 100 ms/);
});

test("a half-open peer: its end is read while we go on writing, and the other way round", async () => {
  const heard: string[] = [];
  await against(
    (socket) => {
      socket.setEncoding("utf8").on("data", (text: string) => heard.push(text));
      socket.end("that is all from me\n");
    },
    function* ({ reader, writer }) {
      expect(yield* reader.text()).toBe("that is all from me\n");
      yield* writer.write("but not from me\n");
      yield* sleep(20);
      expect(heard.join("")).toBe("but not from me\n");
    },
  );
  await against(
    (socket) => void socket.resume().on("end", () => setTimeout(() => socket.end("after your end\n"), 20)),
    function* ({ reader, writer }) {
      yield* writer.end("my last words");
      expect(yield* reader.readLine()).toBe("after your end");
    },
  );
});

test("a peer that resets fails the write in progress and the next ones with SocketClosedError", async () => {
  await against(
    (socket) => void setTimeout(() => socket.resetAndDestroy(), 20),
    function* ({ writer }) {
      const pours = coroutine(function* (): CoroutineBody<void> {
        for (;;) yield* writer.write("x".repeat(100_000));
      });
      expect(yield* errorOf(timeout("10s", pours()))).toBeInstanceOf(SocketClosedError);
      expect(() => writer.write("more")).toThrow(SocketClosedError);
      expect(yield* errorOf(writer.drain())).toBeInstanceOf(SocketClosedError);
    },
  );
});

test("a peer that accepts and never says a word: reads wait and are cancelled, nothing is lost after that", async () => {
  await against(
    (socket) => {
      socket.on("end", () => socket.end());
      socket.once("data", () => socket.write("late\n"));
    },
    function* ({ reader, writer }) {
      for (let i = 0; i < 5; i++) {
        expect((yield* errorOf(timeout(3, reader.readLine()))).name).toBe("TimeoutError");
      }
      yield* writer.write("now\n");
      expect(yield* reader.readLine()).toBe("late");
    },
  );
});

test("reads that are cancelled in the middle of a line lose no byte, whenever that is", async () => {
  const lines = Array.from({ length: 60 }, (_, i) => `line ${i} ${"x".repeat(i * 7)}`);
  await against(
    (socket) => {
      const bytes = Buffer.from(`${lines.join("\n")}\n`);
      let at = 0;
      const drip = (): void => {
        if (at >= bytes.length) socket.end();
        else socket.write(bytes.subarray(at, (at += 97)), () => setTimeout(drip, 1));
      };
      drip();
    },
    function* ({ reader }) {
      const read: string[] = [];
      for (let i = 0; ; i++) {
        const reading = createTask(reader.readLine());
        for (let steps = i % 7; steps > 0; steps--) yield* sleep(steps % 2);
        const outcome = yield* cancelled(reading);
        if (outcome === "cancelled") continue;
        if ("error" in outcome) throw outcome.error;
        if (outcome.value === undefined) break;
        read.push(outcome.value as string);
      }
      expect(read).toEqual(lines);
    },
  );
});
