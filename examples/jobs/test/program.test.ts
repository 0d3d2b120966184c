/** The program prints what its jobs did. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const entry = fileURLToPath(new URL("../src/main.ts", import.meta.url));

test("orders are baked once, one is cancelled, and what failed is repaired and put back", async () => {
  const args = ["--conditions=@brigade/source", entry];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  expect(stderr).toBe("");
  expect(stdout).toBe(`the same order twice is one job: true
baked: 12 loaves; the last report said 12
more: 1 loaves, 2 loaves, 3 loaves
watching the dough: cancelled
grinding failed: the mill has no stone
put back: 1; flour
`);
}, 90_000);
