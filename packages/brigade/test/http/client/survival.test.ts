/** What happens around a client: its server is killed, its process has no file descriptors left. */
import { coroutine, type CoroutineBody, gather } from "brigade";
import type { Client } from "brigade/http";
import { expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { textOf, withClient } from "../nothing-left.ts";
import { type Program, startProgram } from "../start-program.ts";

const outcome = coroutine(function* (client: Client, url: string, ended: () => void): CoroutineBody<string> {
  try {
    return yield* textOf(client, url);
  } finally {
    ended();
  }
});

test("a server that is killed in the middle of 10,000 requests: each ends with its answer or an error, none hangs", async () => {
  const program = startProgram("answering-server.ts", []);
  const port = await program.line();
  const requests = startProgram("many-requests.ts", [port, String(program.child.pid)]);
  const ended = JSON.parse(await requests.line()) as Record<string, number>;
  const { answered = 0, ConnectError: refused = 0, ConnectionLostError: lost = 0, ...rest } = ended;
  expect(rest).toEqual({ inFlight: 0, hosts: 0 });
  expect(answered).toBeGreaterThan(2_500);
  expect(lost, "of those that were on their way, and are not sent twice").toBeGreaterThan(0);
  expect(lost).toBeLessThan(200);
  expect(answered + lost + refused).toBe(10_000);
}, 60_000);

test("a server that comes back is used again, and with retries nothing is lost", async () => {
  const first = startProgram("answering-server.ts", []);
  const port = await first.line();
  let second: Program | undefined;
  let ended = 0;
  const count = (): void => {
    if (++ended !== 500) return;
    first.child.kill("SIGKILL");
    first.child.once("close", () => {
      second = startProgram("answering-server.ts", [port]);
    });
  };
  const retry = { retries: 200, base: 50, cap: 100, budget: false } as const;
  await withClient({ retry, limits: { connections: 20 }, timeouts: { total: "20s" } }, function* (client) {
    const urls = Array.from({ length: 2_000 }, (_, i) => `http://127.0.0.1:${port}/${i}`);
    const outcomes = yield* gather(urls.map((url) => outcome(client, url, count)));
    expect(outcomes).toEqual(urls.map((_, i) => `answer to /${i}`));
  });
  second?.child.kill("SIGKILL");
}, 60_000);

test("without a file descriptor left a request says so, and the client goes on when there are some again", async () => {
  await using server = await HostileServer.start();
  const program = startProgram("few-descriptors.ts", [server.origin], ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]);
  const { before, without, after, many, again, inFlight, hosts } = JSON.parse(await program.line()) as {
    readonly before: string;
    readonly without: string;
    readonly after: string;
    readonly many: readonly string[];
    readonly again: readonly string[];
    readonly inFlight: number;
    readonly hosts: readonly unknown[];
  };
  expect(before).toBe("last");
  expect(without).toMatch(
    /^ConnectError EMFILE: GET http.*no file descriptor left.*lower limits\.connections.*ulimit -n/,
  );
  expect(after).toBe("ok");
  expect(many.filter((text) => text === "slow").length).toBeGreaterThan(10);
  expect(many.filter((text) => text.startsWith("ConnectError EMFILE")).length).toBeGreaterThan(50);
  expect(many.filter((text) => text !== "slow" && !text.startsWith("ConnectError EMFILE"))).toEqual([]);
  expect(again).toEqual(Array.from({ length: 20 }, () => "ok"));
  expect({ inFlight, hosts }).toEqual({ inFlight: 0, hosts: [] });
}, 60_000);
