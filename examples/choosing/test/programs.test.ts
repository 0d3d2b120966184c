/** Each branch of the decision guide runs, gets its work right, and prints its figures. How big they are is the machine's affair. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const execute = promisify(execFile);

const page = readFileSync(new URL("../../../docs/choosing.md", import.meta.url), "utf8");

const shapeOf = (text: string): string => text.replaceAll(/\d+/g, "N").replaceAll(/ +/g, " ").trimEnd();

/** The block after the link to the program. */
function quotedOnThePage(name: string): string {
  const after = page.slice(page.indexOf(`[\`${name}.ts\`]`));
  return /```\n(.*?)```/s.exec(after)?.[1] ?? "";
}

/** What a program prints, with every figure as N; the page has to quote the same. */
async function printedBy(name: string): Promise<string[]> {
  const file = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
  const { stdout, stderr } = await execute(process.execPath, ["--conditions=@brigade/source", file]);
  expect(stderr).toBe("");
  expect(shapeOf(quotedOnThePage(name))).toBe(shapeOf(stdout));
  const lines = stdout.trimEnd().split("\n");
  return lines.map((line) =>
    line
      .replaceAll(/\d+ (?=ms\b|MB)/g, "N ")
      .replaceAll(/ +/g, " ")
      .trim(),
  );
}

const heads = "took loop stood still";

test("waiting: one after another, ten at a time and all at once give the same answers", async () => {
  expect(await printedBy("waiting")).toEqual([
    "100 requests of N ms each",
    heads,
    "one after another N ms N ms",
    "10 at a time N ms N ms",
    "all at once N ms N ms",
    "the same answers: true",
  ]);
});

test("computing: threads and processes find the primes that the loop finds", async () => {
  expect(await printedBy("computing")).toEqual([
    "4 computations, 2 workers",
    heads,
    "on the loop N ms N ms",
    "threadPool N ms N ms",
    "processPool N ms N ms",
    "primes found: 78498,78498,78498,78498; the same everywhere: true",
  ]);
});

test("blocking: a thread hashes as the loop does", async () => {
  expect(await printedBy("blocking")).toEqual([
    "4 calls of scryptSync",
    heads,
    "on the loop N ms N ms",
    "toThread N ms N ms",
    "the same hashes: true",
  ]);
});

test("isolating: a crash fails one call, and the next one runs", async () => {
  expect(await printedBy("isolating")).toEqual([
    "a call died: reason signal, signal SIGSEGV",
    "the next call, in a new process: 1 + 2 = 3",
    "a worker holds N MB and is then replaced, for recycle is 2",
    "here the memory grew by N MB",
  ]);
});

test("commanding: commands give the same output every way, and one can be given up", async () => {
  expect(await printedBy("commanding")).toEqual([
    "8 commands that take N ms each",
    heads,
    "execFileSync N ms N ms",
    "exec, one at a time N ms N ms",
    "exec, all at once N ms N ms",
    "the same output: true",
    "given up after N ms N ms N ms",
  ]);
});

test("machines: two servers share the computations", async () => {
  const printed = await printedBy("machines");
  const shares = /^each served: (\d+) and (\d+); primes found: 49098$/.exec(printed.at(-1) ?? "");
  expect(Number(shares?.[1]) + Number(shares?.[2])).toBe(8);
  expect(printed.slice(0, -1)).toEqual(["8 computations", heads, "one machine N ms N ms", "two machines N ms N ms"]);
});
