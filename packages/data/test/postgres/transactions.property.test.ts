/** Random programs of tasks with transactions, savepoints, failures and cancellations, against a model: the rows of what was committed are there, and no others. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  gather,
  moveOnAfter,
  run,
  sleep,
  use,
} from "brigade";
import { beforeAll, describe, expect, test } from "vitest";
import { ConnectionLostError, type Postgres, postgres, type Transaction } from "../../src/postgres/index.ts";
import { Weather } from "../hostile/storms.ts";
import { drivers, observedServer } from "./server.ts";

const observed = observedServer();

beforeAll(async () => {
  await observed.admin`create table model (id int primary key)`;
}, 60_000);

class Planned extends Error {}

let ids = 0;

/** Inserts some rows, in savepoints too. Gives those that stand when the transaction commits. */
const part: (tx: Transaction, weather: Weather, depth: number) => Coroutine<number[]> = coroutine(function* part(
  tx: Transaction,
  weather: Weather,
  depth: number,
): CoroutineBody<number[]> {
  const rows: number[] = [];
  for (let n = weather.below(4); n > 0; n--) {
    if (depth < 3 && weather.chance(0.3)) rows.push(...(yield* inSavepoint(tx, weather, depth)));
    else {
      const id = ++ids;
      yield* tx.sql`insert into model values (${id})`;
      rows.push(id);
    }
    if (weather.chance(0.1)) yield* sleep(weather.below(2));
    if (weather.chance(0.06)) throw new Planned();
  }
  return rows;
});

/** A savepoint that fails leaves nothing, and the transaction goes on. */
const inSavepoint = coroutine(function* inSavepoint(
  tx: Transaction,
  weather: Weather,
  depth: number,
): CoroutineBody<number[]> {
  try {
    return yield* use(tx.savepoint(), (inner) => part(inner, weather, depth + 1));
  } catch (error) {
    if (!(error instanceof Planned)) throw error;
    return [];
  }
});

const program = coroutine(function* program(
  db: Postgres,
  weather: Weather,
  committed: Set<number>,
  unsure: number[][],
): CoroutineBody<void> {
  let rows: number[] = [];
  const transaction = coroutine(function* () {
    yield* use(db.transaction(), function* (tx) {
      rows = yield* part(tx, weather, 0);
      if (weather.chance(0.1)) throw new Planned();
    });
    for (const id of rows) committed.add(id);
    return true;
  });
  try {
    const whole = weather.chance(0.5) ? yield* transaction() : yield* moveOnAfter(weather.below(12), transaction());
    // Cut between the server's commit and its answer, it may be there; as a whole or not at all.
    if (whole === undefined) unsure.push(rows);
  } catch (error) {
    if (!(error instanceof Planned || error instanceof ConnectionLostError)) throw error;
  }
});

const PROGRAMS = Number(process.env["TRANSACTION_PROGRAMS"] ?? 300);

describe.each(drivers)("%s", (driver) => {
  test("what is committed is there, what is rolled back or cut short is not", { timeout: 120_000 }, async () => {
    const weather = new Weather(7);
    const committed = new Set<number>();
    const unsure: number[][] = [];
    await observed.admin`truncate model`;
    await run(
      use(postgres(observed.url, { driver, max: 5 }), function* (db) {
        const programs = Array.from({ length: PROGRAMS }, () => createTask(program(db, weather, committed, unsure)));
        yield* gather(programs);
        const rows = yield* db.sql<{ id: number }>`select id from model`;
        const there = new Set(rows.map(({ id }) => id));
        expect([...committed].filter((id) => !there.has(id))).toEqual([]);
        expect([...there].filter((id) => !committed.has(id) && !unsure.flat().includes(id))).toEqual([]);
        for (const ofOne of unsure) expect(new Set(ofOne.map((id) => there.has(id))).size).toBeLessThan(2);
        expect(committed.size).toBeGreaterThan(20);
      }),
    );
  });
});
