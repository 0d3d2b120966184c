/** The example finds what was entered twice, does not depend on how the work was divided, and stops at Ctrl-C. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { editDistance } from "../src/compare.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "brigade-duplicates-"));
const program = ["--conditions=@brigade/source", main];

afterAll(() => rmSync(folder, { recursive: true }));

test("every customer that was entered twice is found, and with it nobody else", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: folder });
  expect(stdout).toMatch(
    /^comparing 2000 customers on \d+ threads\n100 pairs among 2000 customers in [\d.]+ s: duplicates\.csv\n$/,
  );
  const lines = readFileSync(join(folder, "duplicates.csv"), "utf8").trimEnd().split("\n");
  const twice = Array.from({ length: 100 }, (_, index) => `${20 * index + 19},${20 * index + 20},1`);
  expect(lines).toEqual(["first,second,distance", ...twice]);
  rmSync(join(folder, "duplicates.csv"));
}, 60_000);

test("Ctrl-C stops it, and leaves no result", async () => {
  const child = spawn(process.execPath, program, { cwd: folder });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  await expect.poll(() => printed, { timeout: 15_000 }).toContain("comparing");
  child.kill("SIGINT"); // in the middle: the whole takes seconds
  const [code] = (await once(child, "close")) as [number];
  expect([code, printed.split("\n").slice(1)]).toEqual([1, ["stopped: nothing was written", ""]]);
  expect(readdirSync(folder)).toEqual(["customers.csv"]);
});

test("a file that is not there is told in one line", async () => {
  const child = promisify(execFile)(process.execPath, [...program, "nowhere.csv", "pairs.csv"], { cwd: folder });
  const failure = (await child.catch((error: unknown) => error)) as { code: number; stderr: string };
  expect(failure.code).toBe(1);
  expect(failure.stderr).toMatch(/^[^\n]*nowhere\.csv[^\n]*\n$/);
});

test.each([
  ["", "", 0],
  ["kitten", "sitting", 3],
  ["flaw", "lawn", 2],
  ["same", "same", 0],
])("from %j to %j it is %i", (a, b, distance) => {
  expect(editDistance(a, b, 5)).toBe(distance);
  expect(editDistance(b, a, 5)).toBe(distance);
});
