/** A plain run finds none of the races, explore finds all of them whatever the seed, and no schedule breaks a fix. */
import { run } from "brigade";
import { assertNoLeaks, ExplorationError, explore, replay, virtualClock } from "brigade/testing";
import { describe, expect, test } from "vitest";
import { type Race, races } from "../src/races.ts";

const seeds = [1, 2, 3, 4, 5];
const strategies = ["random", "pct"] as const;
const searches = strategies.flatMap((strategy) => seeds.map((seed) => ({ strategy, seed, schedules: 1000 })));

async function plainRun(program: Race["broken"]): Promise<string[]> {
  const reports: string[] = [];
  await run(program, { clock: virtualClock(), onReport: (report) => reports.push(report.message) });
  return reports;
}

async function failureOf(exploration: Promise<unknown>): Promise<ExplorationError> {
  const outcome = await exploration.catch((error: unknown) => error);
  if (!(outcome instanceof ExplorationError)) throw new Error("no failure was found", { cause: outcome });
  return outcome;
}

test("there are six races", () => {
  expect(new Set(races.map((race) => race.file)).size).toBe(6);
});

describe.each(races)("$name", ({ failure, broken, fixed }) => {
  test("a plain run passes, broken or fixed: in the plain order there is no race", async () => {
    expect(await plainRun(broken)).toEqual([]);
    expect(await plainRun(fixed)).toEqual([]);
  });

  test.each(searches)("$strategy from seed $seed finds it within $schedules schedules", async (search) => {
    expect((await failureOf(explore(broken, search))).message).toContain(failure);
  });

  test("a search of every schedule finds it", async () => {
    const found = await failureOf(explore(broken, { strategy: "exhaustive" }));
    expect(found.message).toContain(failure);
  });

  test("the schedule that was found is one choice away from the plain order, and is replayed exactly", async () => {
    const found = await failureOf(explore(broken));
    expect(found.schedule.filter((choice) => choice > 0)).toHaveLength(1);
    const again = await failureOf(replay(broken, found.seed));
    expect(again.timeline).toBe(found.timeline);
    expect(again.timeline.split("\n").length).toBeGreaterThan(5);
  });

  test("the seed of the failure passes with the fix", async () => {
    const { seed } = await failureOf(explore(broken));
    expect((await replay(fixed, seed)).timeline).toContain("ends");
  });

  test.each(searches)("the fix survives $schedules schedules of $strategy from seed $seed", async (search) => {
    expect(await explore(fixed, search)).toMatchObject({ schedules: search.schedules });
  });

  test("the fix survives every schedule there is", async () => {
    expect(await explore(fixed, { strategy: "exhaustive" })).toMatchObject({ complete: true });
  });

  test("the fix leaves nothing behind", async () => {
    await expect(assertNoLeaks(fixed)).resolves.toBeUndefined();
    await expect(explore(fixed, { leaks: true })).resolves.toMatchObject({ schedules: 1000 });
  });
});
