/** A gate lets in as many as its limit says now, whatever the limit was when those that are in came. */
import { createTask, sleep } from "brigade";
import { assertNoLeaks, LeakError } from "brigade/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Gate } from "../../../src/http/limits/gate.ts";
import { virtually } from "../../virtually.ts";

/** Takes what can be taken at once. */
function takeAll(gate: Gate): number {
  let taken = 0;
  for (; !gate.locked; taken++) gate.take();
  return taken;
}

test("after any changes of the limit, as many are let in as it says, less those that are in", async () => {
  await virtually(function* () {
    const steps = fc.array(
      fc.oneof(fc.constantFrom("take" as const, "release" as const), fc.integer({ min: 1, max: 6 })),
    );
    fc.assert(
      fc.property(steps, (list) => {
        const gate = new Gate(3);
        let inside = 0;
        for (const step of list) {
          if (typeof step === "number") gate.resize(step);
          else if (step === "take" && !gate.locked) {
            gate.take();
            inside++;
          } else if (step === "release" && inside > 0) {
            gate.release();
            inside--;
          }
          expect(gate.locked).toBe(inside >= gate.limit);
        }
        const room = Math.max(0, gate.limit - inside);
        expect(takeAll(gate)).toBe(room);
      }),
      { seed: 1, numRuns: 1_000 },
    );
    yield* sleep(0);
  });
});

test("a limit that is raised lets as many of those that wait in", async () => {
  await virtually(function* () {
    const gate = new Gate(1);
    gate.take();
    const waiting = Array.from({ length: 4 }, () => createTask(gate.acquire()));
    yield* sleep(1);
    gate.resize(3);
    yield* sleep(1);
    expect(waiting.map(({ done }) => done)).toEqual([true, true, false, false]);
    gate.resize(2);
    gate.release();
    yield* sleep(1);
    expect(waiting[2]?.done).toBe(false);
    gate.release();
    yield* sleep(1);
    expect(waiting.map(({ done }) => done)).toEqual([true, true, true, false]);
    gate.release();
    gate.release();
    yield* sleep(1);
    gate.release();
    expect(takeAll(gate)).toBe(2);
  });
});

test("who looks for leaks sees neither a permit that was added nor one that was taken away", async () => {
  const program = (taken: number, resizes: readonly number[]) =>
    function* () {
      const gate = new Gate(2);
      for (let i = 0; i < taken; i++) yield* gate.acquire();
      for (const limit of resizes) gate.resize(limit);
      gate.release();
    };
  for (const resizes of [[5], [1], [5, 1, 4]]) {
    await assertNoLeaks(program(1, resizes));
    await expect(assertNoLeaks(program(2, resizes))).rejects.toThrow(LeakError);
  }
});
