/** The program finds all six races, and docs/races.md shows what it prints and the code of the examples. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { races } from "../src/races.ts";

const page = readFileSync(fromHere("../../../docs/races.md"), "utf8");
let printed = "";

function fromHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Fenced blocks, but for those of the last section, which are a program of its own and tested as one. */
function blocks(language: string): string[] {
  const part = page.slice(0, page.indexOf("## In your own tests"));
  return [...part.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map((match) => match[1] ?? "");
}

beforeAll(() => {
  const node = createRequire(import.meta.url).resolve("node/bin/node");
  const args = ["--conditions=@brigade/source", fromHere("../src/main.ts")];
  printed = execFileSync(node, args, { encoding: "utf8" });
});

test("the program finds each race, shows how it comes about, and says that its fix passes", () => {
  const parts = printed.split(/^(?=\S)/m);
  expect(parts.map((part) => part.split(":")[0])).toEqual(races.map((race) => race.name));
  for (const part of parts) {
    expect(part).toMatch(/^ {2}a plain run passes\n {2}explore: schedule \d+ of at most 1000 fails$/m);
    expect(part).toMatch(/^ {2}fixed: every schedule passes, \d+ of them$/m);
  }
});

test("the timelines on the page are those that the program prints", () => {
  const messages = printed.replaceAll(/^ {4}/gm, "");
  const timelines = blocks("text");
  expect(timelines).toHaveLength(races.length);
  expect(timelines.filter((timeline) => !messages.includes(timeline))).toEqual([]);
});

test("the code on the page is the code of the examples", () => {
  const sources = readdirSync(fromHere("../src")).map((file) => readFileSync(fromHere(`../src/${file}`), "utf8"));
  const excerpts = blocks("typescript").flatMap((block) => block.split(/\n(?=\n\S)/).map((excerpt) => excerpt.trim()));
  expect(excerpts.length).toBeGreaterThanOrEqual(2 * races.length);
  expect(excerpts.filter((excerpt) => !sources.some((source) => source.includes(excerpt)))).toEqual([]);
});
