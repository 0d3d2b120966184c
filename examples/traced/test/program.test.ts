/** The program says where its time went; in virtual time its report is exact. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "brigade";
import { virtualClock } from "brigade/testing";
import { readTrace, recorder } from "brigade/trace";
import { expect, test } from "vitest";
import { report } from "../src/report.ts";
import { shop } from "../src/shop.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

test("the report names the waits with their lines, the critical path, and what to change", async () => {
  const observer = recorder({ lines: 1 }); // every line, however busy the machine
  await run(shop(30), { observer, clock: virtualClock() });
  expect(report(readTrace(observer.bytes())).split("\n")).toEqual([
    "31 tasks, 150 steps, 155 ms",
    "",
    "waits, in all:",
    "   1680 ms Semaphore.acquire database in customerOf (shop.ts:13)",
    "    600 ms sleep 20 ms in priceOf (shop.ts:19)",
    "    450 ms sleep 15 ms in inStock (shop.ts:24)",
    "",
    "the critical path:",
    "    120 ms sleep 8 ms in customerOf (shop.ts:14)",
    "     20 ms sleep 20 ms in priceOf (shop.ts:19)",
    "     15 ms sleep 15 ms in inStock (shop.ts:24)",
    "",
    "advice:",
    "  shop.ts:13: tasks stood in line for Semaphore `database` of 2 for 1.7 s in all; 3 would save 40 ms of 155 ms",
    "  shop.ts, lines 29 to 31 wait one after another; `gather` would, if they are independent, save 35 ms of 99 ms (median of 30 calls)",
  ]);
});

test("the program fills its orders, reports, and keeps the trace", () => {
  const folder = mkdtempSync(join(tmpdir(), "brigade-traced-"));
  try {
    const node = createRequire(import.meta.url).resolve("node/bin/node");
    const file = join(folder, "shop.brigade");
    const printed = execFileSync(node, ["--conditions=@brigade/source", main, file], { encoding: "utf8" });
    expect(printed).toContain("30 orders filled, 27 of them in stock\n");
    expect(printed).toMatch(/^ +\d+ ms sleep 20 ms in priceOf \(shop\.ts:\d+\)$/m);
    expect(printed).toMatch(/wait one after another/);
    expect(readTrace(readFileSync(file))).toMatchObject({ end: "complete", meta: { program: "the shop" } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
