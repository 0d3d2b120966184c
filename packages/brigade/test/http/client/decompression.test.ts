/** Encoded bodies: decoded as they come; what is broken, cut short or a bomb ends with an error before it costs anything. */
import { forEach, sleep } from "brigade";
import { BodyTooLargeError, ConnectionLostError, DecompressionError } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodedText } from "../behaviours/bodies.ts";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectWorks, textOf, withClient } from "../nothing-left.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const encodings = ["gzip", "x-gzip", "br", "deflate", "deflate-raw", "zstd", "gzip,br", "br,gzip,deflate"];

test.each(encodings)("%s is undone, whole and line by line", async (encoding) => {
  await withClient({ retry: false }, function* (client) {
    expect(yield* textOf(client, `${server.origin}/encoded/${encoding}`)).toBe(encodedText);
    const response = yield* client.get(`${server.origin}/encoded/${encoding}`);
    const lines: string[] = [];
    yield* forEach(response.lines(), (line) => void lines.push(line));
    expect(lines.join("\n")).toBe(encodedText);
    yield* expectWorks(client, server);
  });
});

describe.each(["gzip", "br", "deflate", "zstd", "gzip,gzip"])("%s", (encoding) => {
  test.each(["corrupt", "truncated"])("that is %s ends with DecompressionError", async (state) => {
    const url = `${server.origin}/encoded/${encoding}?state=${state}`;
    await withClient({ retry: false }, function* (client) {
      const error = yield* errorOf(textOf(client, url));
      expect(error).toBeInstanceOf(DecompressionError);
      expect(error.message.startsWith(`GET ${url}: the body does not decompress: `), error.message).toBe(true);
      yield* expectWorks(client, server);
    });
  });
});

test("an encoding that nobody knows is left as it is", async () => {
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.get(`${server.origin}/status/200?content-encoding=rot13&body=uryyb`);
    expect(yield* response.text()).toBe("uryyb");
    expect(response.headers.get("content-encoding")).toBe("rot13");
  });
});

test("an answer that is encoded a hundred times over is refused", async () => {
  const url = `${server.origin}/status/200?body=x&content-encoding=${Array(100).fill("gzip").join(",")}`;
  await withClient({ retry: false }, function* (client) {
    const error = yield* errorOf(textOf(client, url));
    expect(error).toBeInstanceOf(DecompressionError);
    expect(error.message).toMatch(/encoded 100 times/);
    yield* expectWorks(client, server);
  });
});

test("an answer to HEAD that says gzip has no body to undo", async () => {
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.head(`${server.origin}/encoded/gzip`);
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(yield* response.text()).toBe("");
  });
});

/** The most that resident memory may grow while a bomb of 10 GB is refused: some times the default of maxBytes. */
const GROWTH = 300 * 1024 * 1024;

test.each(["gzip", "nested"])("a bomb (%s) is refused before it fills the memory", async (kind) => {
  const before = process.memoryUsage.rss();
  await withClient({ retry: false }, function* (client) {
    const error = yield* errorOf(textOf(client, `${server.origin}/bomb/${kind}`));
    expect([BodyTooLargeError.name, DecompressionError.name]).toContain(error.name);
    expect(error.message).toMatch(/over 67108864 bytes|bomb/);
    yield* expectWorks(client, server);
  });
  expect(process.memoryUsage.rss() - before).toBeLessThan(GROWTH);
});

test("a bomb is refused at maxBytes, and even where chunks() sets no bound when it grows absurdly", async () => {
  await withClient({ retry: false, timeouts: { total: "10s" } }, function* (client) {
    using response = yield* client.get(`${server.origin}/bomb/gzip`, { maxBytes: 1_000_000 });
    const error = yield* errorOf(response.bytes());
    expect(error).toBeInstanceOf(BodyTooLargeError);
    expect((error as BodyTooLargeError).maxBytes).toBe(1_000_000);
    const nested = yield* client.get(`${server.origin}/bomb/nested`);
    const bomb = yield* errorOf(forEach(nested.chunks(), () => {}));
    expect(bomb).toBeInstanceOf(DecompressionError);
    expect(bomb.message).toMatch(/bomb/);
    yield* expectWorks(client, server);
  });
});

test("nobody reads: the decoder stops, and the server is not drained of its bomb", async () => {
  const before = process.memoryUsage.rss();
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.get(`${server.origin}/bomb/gzip`);
    // Real time: decoding would go on in the thread pool.
    yield* sleep(200);
    expect(response.status).toBe(200);
  });
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
});

test("a connection that closes in the middle of an encoded body is lost, not corrupt", async () => {
  await withClient({ retry: false }, function* (client) {
    const error = yield* errorOf(textOf(client, `${server.origin}/closes/encoded`));
    expect(error).toBeInstanceOf(ConnectionLostError);
    yield* expectWorks(client, server);
  });
});
