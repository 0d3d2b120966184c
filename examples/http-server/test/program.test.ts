/** The program itself: clients that leave, a full server, Ctrl-C. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const entry = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Desk {
  readonly url: string;
  readonly process: ChildProcess;
  printed(): string;
}

async function startDesk(...args: readonly string[]): Promise<Desk> {
  const process = spawn(globalThis.process.execPath, ["--conditions=@brigade/source", entry, ...args]);
  onTestFinished(() => void process.kill("SIGKILL"));
  let printed = "";
  for (const stream of [process.stdout, process.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  const ended = once(process, "close");
  while (!printed.includes("\n"))
    await Promise.race([once(process.stdout, "data"), once(process.stderr, "data"), ended]);
  return { url: /http:\S+/.exec(printed)?.[0] ?? "", process, printed: () => printed };
}

test("the calls for a client that leaves are cancelled", async () => {
  const desk = await startDesk();
  const controller = new AbortController();
  const asked = fetch(`${desk.url}/orders/A-1?slow`, { signal: controller.signal }).catch((error: unknown) => error);
  setTimeout(() => controller.abort(), 200); // by then it has been asked for
  await asked;
  await expect.poll(desk.printed).toContain("inventory of A-1: cancelled");
  expect(desk.printed()).toContain("pricing of A-1: cancelled");
  expect(desk.printed()).toContain("shipping of A-1: cancelled");
});

test("above 50 requests at once the server says when to come again", async () => {
  const { url } = await startDesk();
  const controller = new AbortController();
  const asked = Array.from({ length: 60 }, () => fetch(`${url}/orders/A-1?slow`, { signal: controller.signal }));
  const refused = await Promise.any(asked);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
  controller.abort();
  await Promise.allSettled(asked);
});

test("Ctrl-C lets a running request end, ends events whole, and leaves nothing behind", async () => {
  const desk = await startDesk();
  const events = await fetch(`${desk.url}/stock`);
  const order = fetch(`${desk.url}/orders.csv`).then((response) => response.text());
  await fetch(`${desk.url}/orders/A-1`);
  desk.process.kill("SIGINT");
  expect((await order).trimEnd().split("\n").length).toBe(101);
  expect(await events.text()).toMatch(/^event: stock\nid: 100\n/);
  const [code] = (await once(desk.process, "close")) as [number];
  expect(code).toBe(0);
  expect(desk.printed()).toContain("every request has ended");
});

test("a port that is in use is told in one line", async () => {
  const first = await startDesk();
  const port = new URL(first.url).port;
  const second = await startDesk(port);
  if (second.process.exitCode === null) await once(second.process, "close");
  expect([second.process.exitCode, second.printed()]).toEqual([
    1,
    `serve: port ${port} of 127.0.0.1 is in use: stop what listens there, or choose another port (0 takes a free one)\n`,
  ]);
});
