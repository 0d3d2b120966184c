/** The whole program, with real servers and real sockets: what it writes, what it refuses, and how it stops. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program, exampleOrders, isRunning } from "./program.ts";

// Far more than any of it takes: the program runs in real time, and the machine may be busy.
const patience = 60_000;
let folder = "";
let output = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "order-pipeline-"));
  output = join(folder, "enriched.jsonl");
});
afterAll(() => rm(folder, { recursive: true }));

/** The records of the file, which must hold whole lines of JSON and nothing else. */
async function records(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  if (text !== "") expect(text.endsWith("\n")).toBe(true);
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

describe("a run to the end", { timeout: patience }, () => {
  test("the 300 orders come out once each, with a default and a reason where an API gave no answer", async () => {
    const program = new Program(exampleOrders, "--output", output, "--compare", "2");
    expect(await program.exit(), program.output).toBe(0);

    const enriched = await records(output);
    expect(new Set(enriched.map((record) => record["id"])).size).toBe(300);
    expect(enriched).toHaveLength(300);
    // The faults are drawn from the orders' ids: these two fail in every run.
    expect(enriched.find((record) => record["id"] === "ORD-0034")).toMatchObject({
      unitPrice: 10,
      problems: { pricing: expect.stringContaining("3 attempts") },
    });
    expect(enriched.find((record) => record["id"] === "ORD-0030")).toMatchObject({
      shipping: { carrier: "standard" },
      problems: { shipping: "no answer in 300 ms, 3 attempts" },
    });

    expect(program.output).toMatch(/one await after another +2 orders/);
    expect(program.output).toMatch(/all at once, 50 in flight +300 orders/);
    expect(program.output).toMatch(/pricing +█+ \d+ ms/);
    expect(program.output).toMatch(/pricing .*3 attempts .*ORD-0034/);
    expect(program.output).toContain(`300 orders written to ${output}`);
    expect(program.output).not.toContain("\u001B");
  });

  test("a file of the user's own, with fewer orders than the comparison takes", async () => {
    const orders = join(folder, "own.csv");
    await writeFile(orders, "id,customer,sku,quantity,country\nmine-1,Ana,MUG-100,2,PT\nmine-2,Bo,PEN-110,1,SE\n");
    const program = new Program(orders, "--output", output);
    expect(await program.exit(), program.output).toBe(0);
    expect(new Set((await records(output)).map((record) => record["id"]))).toEqual(new Set(["mine-1", "mine-2"]));
  });
});

describe("what is refused: two lines at most, exit code 2, no file written", { timeout: patience }, () => {
  const refused: [claim: string, args: string[], message: string][] = [
    ["a file that is not there", ["none.csv"], "Can't read none.csv: there is no such file."],
    ["two files", ["a.csv", "b.csv"], '"b.csv" is one too many.'],
    ["an unknown option", ["--fast"], "Unknown option '--fast'. --help says what there is."],
    ["a comparison of no orders", ["--compare", "0"], '--compare is "0". It must be a whole number, 1 or more.'],
    ["an output in a folder that is not there", ["--output", "none/x.jsonl"], "Can't write none/x.jsonl: ENOENT"],
    ["the orders as output", [exampleOrders, "--output", exampleOrders], "is the file of orders."],
  ];
  test.each(refused)("%s", async (_claim, args, message) => {
    const untouched = join(folder, "untouched.jsonl");
    const program = new Program("--output", untouched, ...args);
    expect(await program.exit()).toBe(2);
    expect(program.output).toContain(message);
    expect(program.output.trim().split("\n").length).toBeLessThanOrEqual(2);
    expect(existsSync(untouched)).toBe(false);
  });

  test("--help is not refused", async () => {
    const program = new Program("--help");
    expect(await program.exit()).toBe(0);
    expect(program.output).toContain("Usage: npm start -- [ORDERS.csv] [options]");
  });
});

describe.runIf(process.platform === "linux")("a stop leaves whole lines and no server", { timeout: patience }, () => {
  const moments: [signal: "SIGINT" | "SIGTERM", code: number, moment: string, printed: string][] = [
    ["SIGINT", 130, "while the servers start", "three APIs on"],
    ["SIGINT", 130, "in the first way", "one await after another:  5 of 20 orders"],
    ["SIGINT", 130, "with 50 orders in flight", "all at once, 50 in flight:  75 of 300 orders"],
    ["SIGTERM", 143, "with 50 orders in flight", "all at once, 50 in flight:  75 of 300 orders"],
  ];
  test.each(moments)("%s: exit code %i, %s", async (signal, code, moment, printed) => {
    const compare = moment === "in the first way" ? "20" : "1";
    const program = new Program(exampleOrders, "--output", output, "--compare", compare);
    await program.printed(printed);
    const servers = await program.children();
    const start = performance.now();
    program.process.kill(signal);
    expect(await program.exit(), program.output).toBe(code);
    const milliseconds = performance.now() - start;
    console.log(`${signal} ${moment}: the program and its servers ended in ${milliseconds.toFixed(0)} ms`);

    const written = await records(output);
    expect(program.output).toContain(`stopped: ${written.length} of 300 orders written to ${output}`);
    expect(written.length).toBeLessThan(300);
    if (moment !== "while the servers start") expect(servers).toHaveLength(3);
    expect(servers.filter(isRunning)).toEqual([]);
    // It aims at 100 ms, and prints what it took. The bound is wide because other tests share the machine.
    expect(milliseconds).toBeLessThan(2_000);
  });

  test("the servers end when the program is killed outright", async () => {
    const program = new Program(exampleOrders, "--output", output, "--compare", "20");
    await program.printed("one await after another:  5 of 20 orders");
    const servers = await program.children();
    expect(servers).toHaveLength(3);
    program.process.kill("SIGKILL");
    await program.exit();
    // They learn of it by the end of their IPC channel, a moment later.
    await expect.poll(() => servers.filter(isRunning), { timeout: 5_000 }).toEqual([]);
    await records(output);
  });
});
