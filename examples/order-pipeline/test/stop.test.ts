/** A cancelled pipeline takes everything it opened with it: sockets, server processes, the file. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { CancelledError, run } from "brigade";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOrders } from "../src/orders.ts";
import { JsonLines } from "../src/output.ts";
import { pipeline } from "../src/pipeline.ts";
import { exampleOrders } from "./program.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "order-pipeline-stop-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** How many sockets, pipes and child processes this process holds. */
async function held(): Promise<number> {
  // A handle that was closed counts until the host has come round once.
  await setImmediate();
  return process.getActiveResourcesInfo().filter((kind) => /^(TCPSocket|TCPServer|Pipe|Process)/.test(kind)).length;
}

// Real servers and real time: sockets are what this is about.
test("cancelled with 50 orders in flight, it leaves no socket and no process", { timeout: 30_000 }, async () => {
  const path = join(folder, "enriched.jsonl");
  const orders = await readOrders(exampleOrders);
  const output = await JsonLines.create(path);
  const before = await held();

  const stop = new AbortController();
  const options = { orders, compare: 1, output, terminal: process.stderr };
  const stopped = run(pipeline(options), { signal: stop.signal }).catch((error: unknown) => error);
  await expect.poll(() => output.count, { timeout: 20_000, interval: 5 }).toBeGreaterThan(60);
  // The three servers take six, and the orders in flight have up to 150 sockets, of which some wait to be asked again.
  expect(await held()).toBeGreaterThan(before + 20);

  stop.abort();
  expect(await stopped).toBeInstanceOf(CancelledError);
  expect(await held()).toBe(before);
  const text = await readFile(path, "utf8");
  expect(text.split("\n")).toHaveLength(output.count + 1);
});
