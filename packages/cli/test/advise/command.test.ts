/** `brigade advise` as a process: what it prints, where, and its exit codes. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AdviceReport, CREATED, NAMED, STEP, TraceWriter } from "brigade/trace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const command = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const recording = fileURLToPath(new URL("programs/record.ts", import.meta.url));
const examples = fileURLToPath(new URL("../../../../examples/slow/src", import.meta.url));

let folder = "";
let trace = "";

function node(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const words = ["--conditions=@brigade/source", ...args];
  return spawnSync(process.execPath, words, { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
}

function record(module: string, file: string): string {
  const path = join(folder, file);
  expect(node(recording, module, path, "virtual").stderr).toBe("");
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "brigade-advise-"));
  trace = record(join(examples, "order-page/slow.ts"), "page.brigade");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("it prints", () => {
  test("what to change, where, to what, and what it saves alone and together", () => {
    const { status, stdout, stderr } = node(command, "advise", trace);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain(
      "1.  slow.ts, lines 33 to 35 wait one after another; `gather` would save 210 ms of 400 ms",
    );
    expect(stdout).toMatch(/^ {4}\S*order-page\/slow\.ts:33 \(to line 35\)$/m);
    expect(stdout).toContain(
      "      const [customer, total, arrives] = yield* gather([loadCustomer(order), loadPrice(order), loadDelivery(order)]);",
    );
    expect(stdout).toContain('    import { gather } from "brigade";');
    expect(stdout).toContain("the program took 400 ms and would take 190 ms, which is 210 ms less");
    expect(stdout).toContain("150 ms waiting for sleep at slow.ts:22 (one time)");
    // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
    expect(stdout).not.toMatch(/\u001B/);
  });

  test("one JSON object, with --json", () => {
    const { status, stdout } = node(command, "advise", trace, "--json");
    const report = JSON.parse(stdout) as AdviceReport;
    expect(status).toBe(0);
    expect(report).toMatchObject({ recorded: 400, replayed: 400, together: 190 });
    expect(report.advice[0]).toMatchObject({ kind: "sequential-awaits", saving: 210, line: 33, endLine: 35, calls: 1 });
  });

  test("no advice where there is none, and the critical path all the same", () => {
    const { status, stdout } = node(command, "advise", record(join(examples, "statement/good.ts"), "good.brigade"));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^no advice: nothing that the replay tried would save enough of the 100 ms/);
    expect(stdout).toContain("50 ms waiting for sleep at good.ts:10");
  });

  test("nothing that saves less than --min-saving", () => {
    expect(node(command, "advise", trace, "--min-saving", "300ms").stdout).toMatch(/^no advice/);
  });

  test("names that hold escape codes without them", () => {
    const parts: Uint8Array[] = [];
    const writer = new TraceWriter((bytes) => parts.push(bytes), { startedAt: 0 });
    const bad = "\u001B[31mred\n\u202Eevil";
    const frames = [{ name: bad, file: `/app/${bad}.ts`, line: 1, column: 1 }];
    const place = writer.place({ kind: bad, label: bad, frames, exact: true });
    writer.event(CREATED, 0, 1, 0, writer.string(bad));
    writer.event(NAMED, 0, 1, writer.string(bad), 0);
    writer.event(STEP, 0, 1, 0, place);
    writer.event(4, 50, 1, 0, 0);
    writer.event(5, 50, 1, 1, 0);
    writer.event(STEP, 50, 1, 0, 0);
    writer.close();
    const path = join(folder, "bad.brigade");
    writeFileSync(path, Buffer.concat(parts));
    const { stdout } = node(command, "advise", path);
    expect(stdout).toContain("red evil");
    // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
    expect(stdout).not.toMatch(/[\u001B\u202E]/);
  });
});

describe("source that is not what was recorded", () => {
  test("is said to be changed, and nothing is shown to write", () => {
    const copy = join(folder, "copy.ts");
    symlinkSync(fileURLToPath(new URL("../../../../node_modules", import.meta.url)), join(folder, "node_modules"));
    copyFileSync(join(examples, "order-page/slow.ts"), copy);
    const past = new Date(Date.now() - 60_000);
    utimesSync(copy, past, past);
    const path = record(copy, "copy.brigade");
    expect(node(command, "advise", path).stdout).toContain("gather([loadCustomer(order)");
    const later = new Date(Date.now() + 60_000);
    utimesSync(copy, later, later);
    const { stdout } = node(command, "advise", path);
    expect(stdout).toContain("would, if they are independent,");
    expect(stdout).toContain("was changed after the recording began");
    expect(stdout).not.toContain("gather([");
    rmSync(copy);
    expect(node(command, "advise", path).stdout).toContain("can't be read: ENOENT");
  });
});

describe("it refuses", () => {
  test.each([
    ["a file that is not there", "missing.brigade", undefined, "missing.brigade"],
    ["a foreign file", "foreign.brigade", "GIF89a", "is no trace of Brigade: byte 0 is not that of a trace"],
    ["an empty file", "empty.brigade", "", "is no trace of Brigade: it is empty"],
  ])("%s, with exit code 2 and one line", (_what, name, content, message) => {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    const { status, stdout, stderr } = node(command, "advise", path);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("nothing of a trace that is broken off: it advises on what there is, with exit code 1 and the byte", () => {
    const bytes = readFileSync(trace);
    const path = join(folder, "broken.brigade");
    writeFileSync(path, bytes.subarray(0, bytes.length - 5));
    const { status, stdout, stderr } = node(command, "advise", path);
    expect(status).toBe(1);
    expect(stdout).toContain("would save 210 ms of 400 ms");
    expect(stderr).toContain(`broken off at byte ${bytes.length - 5}`);
  });
});
