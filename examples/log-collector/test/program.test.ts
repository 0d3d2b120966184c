/** The collector with real clients and real signals: nothing that came is lost. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Collector {
  readonly folder: string;
  readonly port: number;
  readonly process: ChildProcess;
  printed(): string;
}

async function start(folder: string = mkdtempSync(join(tmpdir(), "brigade-logs-"))): Promise<Collector> {
  const process = spawn(globalThis.process.execPath, ["--conditions=@brigade/source", main, folder]);
  onTestFinished(() => {
    process.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  let printed = "";
  for (const output of [process.stdout, process.stderr]) {
    output.setEncoding("utf8").on("data", (piece: string) => {
      printed += piece;
    });
  }
  await expect.poll(() => printed, { timeout: 10_000 }).toContain("\n");
  return { folder, port: Number(/\d+/.exec(printed)?.[0]), process, printed: () => printed };
}

const lines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${name} ${index}\n`).join("");

function current(folder: string): string {
  const file = join(folder, "current.log");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Sends and waits until the collector has closed the connection; gives what it answered. */
function send(port: number, data: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(data);
  return text(socket);
}

test("lines of many clients come whole, those of each in their order", async () => {
  const { folder, port } = await start();
  await Promise.all(["a", "b", "c"].map((name) => send(port, lines(name, 300))));
  await expect.poll(() => current(folder).split("\n").length - 1).toBe(900);
  const written = current(folder).split("\n");
  for (const name of ["a", "b", "c"]) {
    expect(`${written.filter((line) => line.startsWith(name)).join("\n")}\n`).toBe(lines(name, 300));
  }
});

test("SIGHUP rotates and compresses, and lines that come later are in a new file", async () => {
  const { folder, port, process, printed } = await start();
  process.kill("SIGHUP");
  await expect.poll(printed).toContain("nothing to rotate");
  await send(port, lines("early", 5));
  await expect.poll(() => current(folder)).toBe(lines("early", 5));
  process.kill("SIGHUP");
  await expect.poll(printed).toContain("1.log.gz");
  await send(port, lines("late", 5));
  await expect.poll(() => current(folder)).toBe(lines("late", 5));
  expect(gunzipSync(readFileSync(join(folder, "1.log.gz"))).toString()).toBe(lines("early", 5));
  expect(existsSync(join(folder, "1.log"))).toBe(false);
});

test("SIGTERM ends it when every line that was taken is written", async () => {
  const { folder, port, process, printed } = await start();
  await send(port, lines("x", 2000));
  process.kill("SIGTERM");
  const [code] = (await once(process, "close")) as [number];
  expect([code, printed()]).toEqual([0, `collecting on port ${port}\nevery line is written\n`]);
  expect(readFileSync(join(folder, "current.log"), "utf8")).toBe(lines("x", 2000));
});

test("a line that is too long is refused, and the next client is served", async () => {
  const { folder, port } = await start();
  expect(await send(port, "x".repeat(5000))).toBe("a line has at most 4096 bytes\n");
  await send(port, "short\n");
  await expect.poll(() => current(folder)).toBe("short\n");
});

test("a folder that is not there is told in one line", async () => {
  const { process, port, printed } = await start(join(tmpdir(), "brigade-logs-that-are-not-there"));
  await send(port, "line\n");
  await expect.poll(() => process.exitCode).toBe(1);
  expect(printed()).toMatch(/^[^\n]*\n[^\n]*current\.log[^\n]*\n$/);
});
