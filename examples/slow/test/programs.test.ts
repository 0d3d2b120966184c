/** Each fixed version gives what the slow one gives, sooner. */
import { type Coroutine, run } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { main as fixedPage } from "../src/order-page/fixed.ts";
import { main as slowPage } from "../src/order-page/slow.ts";
import { main as fixedList } from "../src/price-list/fixed.ts";
import { main as slowList } from "../src/price-list/slow.ts";
import { main as statement } from "../src/statement/good.ts";
import { main as fixedThumbnails } from "../src/thumbnails/fixed.ts";
import { main as slowThumbnails } from "../src/thumbnails/slow.ts";

async function timed(main: () => Coroutine<unknown>): Promise<{ value: unknown; took: number }> {
  const clock = virtualClock();
  const began = clock.now();
  const value = await run(main(), { clock });
  return { value, took: clock.now() - began };
}

test.each([
  ["order page", slowPage, fixedPage, 400, 190],
  ["price list", slowList, fixedList, 352, 56],
  ["thumbnails", slowThumbnails, fixedThumbnails, 735, 495],
])("the %s is the same, and sooner there", async (_name, slowMain, fixedMain, before, after) => {
  const slow = await timed(slowMain);
  const fixed = await timed(fixedMain);
  expect(fixed.value).toEqual(slow.value);
  expect([slow.took, fixed.took]).toEqual([before, after]);
});

test("the statement takes as long as its questions, one behind the other", async () => {
  expect((await timed(statement)).took).toBe(100);
});
