/** Barrier under every schedule: all go on together, or all that waited learn that they can't. */
import { Barrier, BrokenBarrierError, coroutine, sleep } from "brigade";
import { expect, test } from "vitest";
import { demand, type Ending, explore, type Program, told } from "./explorer.ts";

const broke = (outcome: Ending["outcome"]): boolean =>
  typeof outcome === "object" && outcome.error instanceof BrokenBarrierError;

const barrierProgram = (parties: number, tasks: number) => (): Program => {
  const barrier = new Barrier(parties);
  const indices: number[] = [];
  const waiting = new Set<number>();
  const wait = (name: number) =>
    coroutine(function* wait() {
      waiting.add(name);
      try {
        indices.push(yield* barrier.wait());
      } finally {
        waiting.delete(name);
      }
    });
  return {
    tasks: Array.from({ length: tasks }, (_, name) => [wait(name)]),
    mayFail: (error) => error instanceof BrokenBarrierError,
    atRest: (endings) => {
      demand(barrier.waiting === waiting.size, `${barrier.waiting} said to wait, and ${waiting.size} do`);
      demand(waiting.size < parties, "a full barrier did not open");
      demand(waiting.size === 0 || !barrier.broken, "a task waits at a broken barrier");
      demand(barrier.broken || !endings.some(({ outcome }) => broke(outcome)), "it broke, and says that it did not");
      demand(!barrier.broken || endings.some(({ cancelled }) => cancelled), "it is broken, and nobody was cancelled");
      const through = endings.filter(({ outcome }) => outcome === "value").length;
      demand(through === indices.length && new Set(indices).size === indices.length, "two have the same number");
      demand(
        indices.every((index) => Number.isInteger(index) && index >= 0 && index < parties),
        "a number out of range",
      );
      demand(
        through === 0 || !endings.some(({ outcome }) => broke(outcome)) || tasks > parties,
        "a round was torn apart",
      );
    },
  };
};

test("Barrier: as many tasks as parties", async () => {
  let schedules = 0;
  for (const parties of [2, 3])
    schedules += told(`Barrier(${parties})`, await explore(barrierProgram(parties, parties)));
  expect(schedules).toBeGreaterThan(5_000);
}, 60_000);

test("Barrier: a surplus task waits for the next round", async () => {
  const exploration = await explore(barrierProgram(2, 3));
  expect(told("Barrier(2), three tasks", exploration)).toBeGreaterThan(5_000);
}, 60_000);

test("Barrier: a round after the round, and abort and reset in between: nobody is left waiting with enough of them there", async () => {
  let schedules = 0;
  for (const how of ["abort", "reset"] as const) {
    const exploration = await explore(
      () => {
        const barrier = new Barrier(2);
        let waiting = 0;
        const wait = coroutine(function* wait() {
          waiting++;
          try {
            yield* barrier.wait();
          } catch (error) {
            if (!(error instanceof BrokenBarrierError)) throw error;
          } finally {
            waiting--;
          }
        });
        const disturb = coroutine(function* disturb() {
          barrier[how]();
          yield* sleep(0);
          barrier.reset();
        });
        return {
          tasks: [[wait, wait], [wait, wait], [disturb]],
          atRest: () => {
            demand(waiting < 2, "a full barrier did not open");
            demand(waiting === barrier.waiting, "it miscounts those that wait");
          },
        };
      },
      { pauses: 1, victims: 1 },
    );
    schedules += told(`Barrier, ${how}`, exploration);
  }
  expect(schedules).toBeGreaterThan(2_000);
}, 60_000);
