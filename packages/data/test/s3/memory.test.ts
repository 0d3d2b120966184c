/** Memory stays flat, however large an object is: up and down. */
import { forEach, stream } from "brigade";
import { expect, test } from "vitest";
import { MIB, TestServer } from "./store.ts";

const there = new TestServer();
const megabytes = process.env["BRIGADE_LONG"] === undefined ? 192 : 1024;

test(`${megabytes} MiB are streamed up and down in less memory than 96 MiB`, async () => {
  const source = stream(function* () {
    const piece = Buffer.alloc(256 * 1024, 7);
    for (let sent = 0; sent < megabytes * MIB; sent += piece.length) yield piece;
  });
  const held = (): number => process.memoryUsage().rss;
  let most = 0;
  let read = 0;
  globalThis.gc?.();
  const before = held();
  const watch = setInterval(() => (most = Math.max(most, held())), 5);
  try {
    await there.run(
      function* (store) {
        expect((yield* store.put("huge", source(), { partsInFlight: 2 })).parts).toBeGreaterThan(5);
        yield* forEach(store.read("huge"), (chunk) => {
          read += chunk.length;
        });
        yield* store.delete("huge");
      },
      { partSize: 5 * MIB },
    );
  } finally {
    clearInterval(watch);
  }
  expect(read).toBe(megabytes * MIB);
  expect((most - before) / MIB).toBeLessThan(96);
}, 120_000);
