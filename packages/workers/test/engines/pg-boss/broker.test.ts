/** What the engine on pg-boss promises to the core, on PostgreSQL and in a folder. */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  type Awaitable,
  collect,
  coroutine,
  type CoroutineBody,
  createTask,
  Event,
  fromPromise,
  gather,
  sleep,
  use,
  wait,
} from "brigade";
import { spawn } from "brigade/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../../../data/test/servers/postgres.ts";
import type { Claim, Engine, NewJob, Outcome } from "../../../src/engine/engine.ts";
import { KeptDatabase } from "../../../src/engines/local/client.ts";
import { placeOf } from "../../../src/engines/local/place.ts";
import { pgBoss } from "../../../src/engines/pg-boss/index.ts";
import { loadDriver, PostgresDatabase } from "../../../src/engines/pg-boss/postgres.ts";
import { local } from "../../../src/worker/local.ts";
import { JobFolder } from "../keepers.ts";
import { completed, endOf, job, onQueue, whileServing } from "../serving.ts";

let server: PostgresServer;
let folder: JobFolder;
beforeAll(async () => {
  [server, folder] = await Promise.all([startPostgres(), JobFolder.made()]);
}, 60_000);
afterAll(async () => {
  await server.stop();
  await folder[Symbol.asyncDispose]();
}, 60_000);

const engines: readonly (readonly [string, () => Engine])[] = [
  ["pg-boss", () => pgBoss(server.url)],
  ["local", () => local(folder.path)],
];

/** Another process claims one job of the queue, and is killed. */
const claimAndDie = coroutine(function* (place: string, queue: string): CoroutineBody<void> {
  const program = fileURLToPath(new URL("../programs/silent-worker.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@brigade/source", program, place, queue], { stdin: "ignore" });
  yield* use(child, function* (worker) {
    yield* worker.stdout.readLine();
    worker.kill("SIGKILL");
  });
});

describe.each(engines)("%s", (name, engine) => {
  const place = (): string => (name === "local" ? folder.path : server.url);

  test("a worker's death is counted apart from failures, and the job runs again when the lease is over", async () => {
    const seen: { failures: number; deaths: number }[] = [];
    const status = await onQueue(engine(), function* (broker, queue) {
      const one = job("x");
      yield* broker.add([one]);
      yield* claimAndDie(place(), queue);
      const perform = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
        seen.push({ failures: claim.failures, deaths: claim.deaths });
        if (seen.length === 1) return { kind: "retry", after: 10, error: "once" };
        return yield* completed(claim);
      });
      yield* whileServing(broker, perform, () => endOf(broker, one.id));
      return yield* broker.status(one.id);
    });
    expect(seen).toEqual([
      { failures: 0, deaths: 1 },
      { failures: 1, deaths: 1 },
    ]);
    expect(status).toMatchObject({ state: "completed", failures: 1, deaths: 1 });
  });

  test("a consumer that is cancelled hands back what runs at once, uncounted, and before jobs that came later", async () => {
    const seen: string[] = [];
    const status = await onQueue(engine(), function* (broker) {
      const [first, second] = [job("first"), job("second")];
      yield* broker.add([first, second]);
      const begun = new Event();
      const endless = coroutine(function* (): CoroutineBody<Outcome> {
        begun.set();
        yield* sleep("1h");
        return { kind: "cancelled" };
      });
      const serving = createTask(broker.consume({ concurrency: 1, lease: 1_000, stopping: new Event() }, endless));
      yield* begun.wait();
      serving.cancel();
      yield* wait([serving]);
      const between = yield* broker.status(first.id);
      const perform = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
        seen.push(`${claim.payload.args} ${claim.failures} ${claim.deaths}`);
        return yield* completed(claim);
      });
      yield* whileServing(broker, perform, () => endOf(broker, second.id), 1);
      return between;
    });
    expect(status).toMatchObject({ state: "waiting", failures: 0, deaths: 0 });
    expect(seen).toEqual(["first 0 0", "second 0 0"]);
  });

  test("a dead letter that is put back is as new, is a dead letter again if it fails, and can still be cancelled", async () => {
    await onQueue(engine(), function* (broker) {
      const one = job("x");
      yield* broker.add([one]);
      const failing = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
        yield* sleep(0);
        return claim.failures === 0
          ? { kind: "retry", after: 0, error: "first" }
          : { kind: "dead", error: `dead\0 after ${claim.failures} and ${claim.deaths}` };
      });
      const dead = { kind: "dead", error: "dead\0 after 1 and 0" };
      yield* whileServing(broker, failing, function* () {
        expect(yield* endOf(broker, one.id)).toEqual(dead);
        expect(yield* collect(broker.deadLetters())).toMatchObject([
          { id: one.id, failures: 2, deaths: 0, error: dead.error },
        ]);
        expect(yield* broker.putBack([one.id, randomUUID()])).toBe(1);
        expect(yield* endOf(broker, one.id)).toEqual(dead);
      });
      expect(yield* broker.counts()).toEqual({ waiting: 0, delayed: 0, running: 0, dead: 1 });
      expect(yield* broker.putBack("all")).toBe(1);
      expect(yield* broker.status(one.id)).toMatchObject({ state: "waiting", failures: 0, deaths: 0 });
      expect(yield* broker.cancel(one.id)).toBe(true);
      expect(yield* broker.status(one.id)).toMatchObject({ state: "cancelled" });
      expect(yield* broker.putBack("all")).toBe(0);
    });
  });

  test("dead letters outlast what is kept of other jobs, until they are discarded; an id that is forgotten is free", async () => {
    const keep = 1_000;
    await onQueue(
      engine(),
      function* (broker) {
        const [good, bad] = [job("good"), job("bad")];
        const perform = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
          if (claim.payload.args === "bad") return { kind: "dead", error: "bad" };
          return yield* completed(claim);
        });
        yield* broker.add([bad, good]);
        yield* whileServing(broker, perform, () => gather([endOf(broker, good.id), endOf(broker, bad.id)]));
        expect(yield* broker.add([good])).toEqual([{ id: good.id, existed: true }]);
        while ((yield* broker.status(good.id)) !== undefined) yield* sleep(50); // real time: the server's clock
        expect(yield* endOf(broker, good.id)).toBeUndefined();
        expect(yield* broker.status(bad.id)).toMatchObject({ state: "dead" });
        expect(yield* broker.add([good, bad])).toEqual([
          { id: good.id, existed: false },
          { id: bad.id, existed: true },
        ]);
        expect(yield* broker.discard("all")).toBe(1);
        expect(yield* broker.status(bad.id)).toBeUndefined();
        // Nor does an id that is free remember anything: that it was cancelled, say.
        expect(yield* broker.cancel(good.id)).toBe(true);
        while ((yield* broker.status(good.id)) !== undefined) yield* sleep(50); // real time: the server's clock
        yield* broker.add([good]);
        let runs = 0;
        const twice = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
          return runs++ === 0 ? { kind: "retry", after: 0, error: "once" } : yield* completed(claim);
        });
        yield* whileServing(broker, twice, function* () {
          expect(yield* endOf(broker, good.id)).toEqual({ kind: "completed", value: "good" });
        });
      },
      keep,
    );
  });

  test("keys with a NUL or half a surrogate pair arrive as they were, and no error shows what jobs carry", async () => {
    await onQueue(engine(), function* (broker) {
      const odd = "\0 \ud800 \\ud800 é";
      const one = job("x", { payload: { task: "work", args: odd, key: odd } });
      yield* broker.add([one]);
      const dead = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
        yield* sleep(0);
        return { kind: "dead", error: String(claim.payload.key) };
      });
      yield* whileServing(broker, dead, () => endOf(broker, one.id));
      expect(yield* collect(broker.deadLetters())).toMatchObject([{ payload: one.payload, error: odd }]);
      yield* broker.schedule({ key: odd, payload: one.payload, priority: 0, every: 3_600_000, tz: "UTC" });
      expect(yield* broker.schedules()).toMatchObject([{ key: odd, payload: one.payload }]);
      expect(yield* broker.unschedule(odd)).toBe(true);
    });
    const failed = await sql(place(), "SELECT $1::int", ["secret"]).catch((error: unknown) => error);
    expect(Object.keys(failed as object)).not.toContain("query");
    expect(Object.keys(failed as object)).not.toContain("params");
  });

  test("jobs that are added together start in that order, those of a higher priority first", async () => {
    const seen: string[] = [];
    await onQueue(engine(), function* (broker) {
      const low = Array.from({ length: 30 }, (_, n) => job(`low ${n}`));
      const high = Array.from({ length: 30 }, (_, n) => job(`high ${n}`, { priority: 5 }));
      yield* broker.add(low);
      yield* broker.add(high);
      const perform = (claim: Claim): Awaitable<Outcome> => {
        seen.push(claim.payload.args);
        return completed(claim);
      };
      yield* whileServing(broker, perform, () => endOf(broker, (low.at(-1) as NewJob).id), 3);
    });
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    expect(seen).toEqual([...numbers.map((n) => `high ${n}`), ...numbers.map((n) => `low ${n}`)]);
  });

  test("a job that was asked to end is not run again, though its worker would have tried", async () => {
    let runs = 0;
    await onQueue(engine(), function* (broker) {
      const one = job("x");
      yield* broker.add([one]);
      const stubborn = coroutine(function* (claim: Claim): CoroutineBody<Outcome> {
        runs++;
        expect(yield* broker.cancel(claim.id)).toBe(true);
        expect(yield* claim.interrupted).toBe("cancelled");
        return { kind: "retry", after: 0, error: "would like to" };
      });
      yield* whileServing(broker, stubborn, function* () {
        expect(yield* endOf(broker, one.id)).toEqual({ kind: "cancelled" });
      });
      expect(yield* broker.cancel(one.id)).toBe(false);
      expect(yield* broker.cancel(randomUUID())).toBe(false);
    });
    expect(runs).toBe(1);
  });

  test("turns of a rate are apart, are kept for who has them, and a clock that has jumped is not believed", async () => {
    await onQueue(engine(), function* (broker, queue) {
      const rate = { count: 4, per: 4_000 };
      const ids = Array.from({ length: 5 }, () => randomUUID());
      const waits: number[] = [];
      for (const id of ids) {
        const { wait, reserved } = yield* broker.takeSlot("r", rate, id, 3_500);
        waits.push(reserved ? Math.round(wait / 1_000) : -1);
      }
      expect(waits).toEqual([0, 1, 2, 3, -1]);
      const again = yield* broker.takeSlot("r", rate, ids[3] as string, 3_500);
      expect(again).toMatchObject({ reserved: true });
      expect(again.wait).toBeLessThanOrEqual(3_000);
      yield* fromPromise(
        sql(place(), "UPDATE brigade.brigade_turn SET next = next + 3600000 WHERE queue = $1", [queue]),
      );
      expect(yield* broker.takeSlot("r", rate, randomUUID(), 3_500)).toMatchObject({ wait: 0, reserved: true });
    });
  });

  test("a schedule's time gives one job, however many workers look", async () => {
    const seen: string[] = [];
    await onQueue(engine(), function* (broker) {
      const every = { key: "e", payload: job("every").payload, priority: 0, every: 400, tz: "UTC" };
      yield* broker.schedule({ ...every, every: 3_600_000 });
      yield* broker.schedule(every); // takes the place of the other
      const begun = performance.now();
      const perform = (claim: Claim): Awaitable<Outcome> => {
        seen.push(claim.id);
        return completed(claim);
      };
      yield* whileServing(broker, perform, () =>
        whileServing(broker, perform, function* () {
          while (seen.length < 4) yield* sleep(20); // real time: the server's clock
        }),
      );
      expect(performance.now() - begun).toBeGreaterThan(1_000);
      expect(yield* broker.schedules()).toMatchObject([{ key: "e", every: 400, cron: undefined }]);
      expect(yield* broker.unschedule("e")).toBe(true);
      expect(yield* broker.unschedule("e")).toBe(false);
    });
    expect(new Set(seen).size).toBe(seen.length);
  });
});

/** Runs a statement on the engine's database, as an administrator would. */
async function sql(place: string, text: string, values: unknown[]): Promise<void> {
  const database = place.startsWith("postgres:")
    ? new PostgresDatabase(await loadDriver(), { connectionString: place }, () => {})
    : new KeptDatabase(placeOf(place), () => {});
  try {
    await database.executeSql(text, values);
  } finally {
    await database.close();
  }
}
