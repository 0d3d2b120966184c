/** What advice on examples/slow says is what applying it brings: each fixed version is the slow one with the advice's lines. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Advice, adviceReport } from "brigade/trace";
import { describe, expect, test } from "vitest";
import { sourceReader } from "../../src/source/reader.ts";
import { record, type Recorded } from "./recording.ts";

const programs: readonly (readonly [string, Advice["kind"]])[] = [
  ["order-page", "sequential-awaits"],
  ["price-list", "sequential-loop"],
  ["thumbnails", "bottleneck"],
];

function pathOf(name: string, version: string): string {
  return fileURLToPath(new URL(`../../../../examples/slow/src/${name}/${version}.ts`, import.meta.url));
}

/** The first piece of advice, which is the one with the greatest saving. */
function adviceOn({ trace }: Recorded): Advice {
  const [first] = adviceReport(trace, { source: sourceReader({ startedAt: trace.meta.startedAt }) }).advice;
  return first as Advice;
}

/** Of three runs in real time the one that a busy machine has held up least. */
function shortest(module: string): Recorded {
  const runs = [1, 2, 3].map(() => record(module, "real"));
  return runs.reduce((best, one) => (one.took < best.took ? one : best));
}

/** The source with the lines of the advice in place of its own. */
function applied(source: string, { line = 0, endLine = 0, code = "", imports = [] }: Advice): string {
  const lines = source.split("\n");
  lines.splice(line - 1, endLine - line + 1, code);
  return imports.reduce(
    (text, name) =>
      text.replace(/import \{ (.*) \} from "brigade"/, (_, names: string) => {
        const all = names.split(", ");
        const at = all.findIndex((one) => !one.startsWith("type ") && one > name);
        return `import { ${all.toSpliced(at, 0, name).join(", ")} } from "brigade"`;
      }),
    lines.join("\n"),
  );
}

/** But for the first line, which says what the program is. */
function code(source: string): string {
  return source.slice(source.indexOf("\n"));
}

describe.each(programs)("%s", (name, kind) => {
  test("the fixed version is the slow one with the lines that the advice shows", () => {
    const advice = adviceOn(record(pathOf(name, "slow"), "virtual"));
    expect(advice.kind).toBe(kind);
    const source = readFileSync(pathOf(name, "slow"), "utf8");
    expect(code(applied(source, advice))).toBe(code(readFileSync(pathOf(name, "fixed"), "utf8")));
  });

  test("in virtual time the advice saves what it said, to the tick, and changes no result", () => {
    const slow = record(pathOf(name, "slow"), "virtual");
    const fixed = record(pathOf(name, "fixed"), "virtual");
    expect(slow.took - fixed.took).toBeCloseTo(adviceOn(slow).saving, 3);
    expect(fixed.value).toEqual(slow.value);
    expect(slow.value).toBeDefined();
  });

  // On the host's clock: that the lateness of timers and the time of steps do not spoil the prediction can't be seen elsewhere.
  test("in real time the advice saves what it said, within 10 %", { retry: 4, timeout: 60_000 }, () => {
    const slow = shortest(pathOf(name, "slow"));
    const fixed = shortest(pathOf(name, "fixed"));
    const { saving } = adviceOn(slow);
    expect(slow.took - fixed.took).toBeGreaterThan(saving * 0.9);
    expect(slow.took - fixed.took).toBeLessThan(saving * 1.1);
  });

  test("the fixed version needs no further advice of that kind", () => {
    const report = adviceReport(record(pathOf(name, "fixed"), "virtual").trace, { source: sourceReader() });
    const code = report.advice.filter((advice) => advice.code !== undefined && advice.kind !== "bottleneck");
    expect(code).toEqual([]);
  });
});

test("a program whose awaits need each other gets no advice, with its critical path all the same", () => {
  const { trace } = record(pathOf("statement", "good"), "virtual");
  const report = adviceReport(trace, { source: sourceReader({ startedAt: trace.meta.startedAt }) });
  expect(report.advice.filter(({ kind }) => kind !== "critical-path")).toEqual([]);
  expect(report.criticalPath.length).toBeGreaterThan(0);
  expect(report.together).toBe(report.replayed);
});
