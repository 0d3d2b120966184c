/** The example fetches every item once, tells of the one that does not exist, and draws its timeline. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "brigade-example-"));
const output = join(folder, "items.jsonl");
let printed = "";

beforeAll(() => {
  printed = execFileSync(process.execPath, ["--conditions=@brigade/source", main, output], { encoding: "utf8" });
});

afterAll(() => rmSync(folder, { recursive: true }));

test("every item has a line, those that failed at first were tried again, and the one that does not exist is told", () => {
  const indexes = readFileSync(output, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { index: number }).index);
  expect(indexes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index));
  expect(printed).toMatch(
    /^299 items cost \d+ in all\nfailed: http:\/\/127\.0\.0\.1:\d+\/items\/13 \(404\)\ntried again: 7\nthe exit code is 1;/m,
  );
});

test("the timeline is drawn", () => {
  expect(readFileSync(join(folder, "items.html"), "utf8")).toContain("brigade fetch: 300 URLs in ");
});
