/**
 * Calls are cancelled wherever they happen to be: what is stored is whole or not there, no upload is left on the server, no socket
 * here, and the calls behind them are right.
 */
import { type S3 } from "@brigade/data/s3";
import { type Awaitable, collect, coroutine, forEach, moveOnAfter, run, sleep } from "brigade";
import { expect, test } from "vitest";
import { bytes, MIB, pieces, TestServer } from "./store.ts";

const there = new TestServer();
const count = process.env["BRIGADE_LONG"] === undefined ? 200 : 1_000;

/** Numbers from 0 to 1 that are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const whole = bytes(11 * MIB, 1);
const small = bytes(40_000, 2);
const objects: Readonly<Record<string, Buffer>> = { large: whole, small, parts: whole };

const calls: Readonly<Record<string, { longest: number; call: (store: S3) => Awaitable<unknown> }>> = {
  get: { longest: 60, call: (store) => store.get("there") },
  read: { longest: 60, call: (store) => forEach(store.read("there"), () => sleep(0)) },
  list: { longest: 30, call: (store) => collect(store.list("", { pageSize: 2 })) },
  small: { longest: 15, call: (store) => store.put("small", small) },
  large: { longest: 60, call: (store) => store.put("large", whole, { partSize: 20 * MIB }) },
  parts: { longest: 160, call: (store) => store.put("parts", pieces(whole), { partSize: 5 * MIB }) },
  delete: { longest: 10, call: (store) => store.delete(Object.keys(objects)) },
};

const expectWhole = coroutine(function* expectWhole(store: S3) {
  expect(Buffer.compare((yield* store.get("there")).bytes, whole)).toBe(0);
  for (const [key, all] of Object.entries(objects)) {
    if ((yield* store.head(key)) === undefined) continue;
    expect([key, Buffer.compare((yield* store.get(key)).bytes, all)]).toEqual([key, 0]);
  }
});

test(`after ${count} calls that were cancelled at random the server has whole objects and no unfinished upload`, async () => {
  const random = numbers(7);
  const outcomes = { ended: 0, cancelled: 0 };
  await there.run(function* (store) {
    yield* store.put("there", whole);
    for (let i = 0; i < 12; i++) yield* store.put(`list/${i}`, "x");
    const kinds = Object.keys(calls);
    for (let i = 0; i < count; i++) {
      const { call, longest } = calls[kinds[Math.floor(random() * kinds.length)] as string] as (typeof calls)[string];
      const ended = yield* moveOnAfter(random() * longest, function* () {
        yield* call(store);
        return true;
      });
      outcomes[ended ? "ended" : "cancelled"]++;
      if (i % 50 === 49) yield* expectWhole(store);
    }
    yield* expectWhole(store);
    yield* forEach(Object.entries(objects), ([key, all]) => store.put(key, all), { limit: 3 });
    yield* expectWhole(store);
  });
  expect(await there.unfinished()).toEqual([]);
  expect(outcomes.cancelled).toBeGreaterThan(count / 5);
  await run(sleep(50)); // the system closes sockets in its own time
  expect(process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap")).toEqual([]);
}, 120_000);

test("many calls at once, half of them cancelled, leave the others right", async () => {
  const random = numbers(11);
  await there.run(function* (store) {
    yield* store.put("there", small);
    const one = coroutine(function* (i: number) {
      if (i % 2 === 0) {
        yield* moveOnAfter(random() * 20, store.get("there"));
        yield* moveOnAfter(random() * 20, store.put(`many/${i}`, small));
      } else {
        expect((yield* store.get("there")).size).toBe(small.length);
        yield* store.put(`many/${i}`, small);
      }
    });
    yield* forEach(
      Array.from({ length: 100 }, (_, i) => i),
      one,
      { limit: 30 },
    );
    const listed = yield* collect(store.list("many/"));
    expect(listed.every(({ size }) => size === small.length)).toBe(true);
    expect(listed.filter(({ key }) => Number(key.slice(5)) % 2 === 1).length).toBe(50);
  });
});
