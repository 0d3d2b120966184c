/** A run that is killed and gone on with: every URL once, whole lines only, nothing fetched again that is finished. */
import { expect, test } from "vitest";
import { TestServer } from "../servers.ts";
import { type Line, linesOf, until, Workplace } from "./command.ts";
import { recordsOf } from "./warc-reader.ts";

/** Small, seeded, good enough to scatter kills (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const count = 1_500;

function expectEachOnce(lines: readonly Line[], urls: readonly string[]): void {
  expect(lines.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(urls.map((_, index) => index));
  for (const { index, url } of lines) expect(url).toBe(urls[index]);
}

/** Kills a run when the server has been asked so often, or a moment later; gives whether it ended by itself. */
async function killedAfter(
  place: Workplace,
  server: TestServer,
  args: readonly string[],
  requests: number,
  milliseconds: number,
): Promise<boolean> {
  const before = server.asked.length;
  const { child, ended } = place.start(args, { stdin: "" });
  const over = ended.then(() => true);
  const reached = until(() => server.asked.length >= before + requests).then(() => false);
  if (!(await Promise.race([over, reached]))) {
    await new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    });
  }
  child.kill("SIGKILL");
  const { exitCode, stderr } = await ended;
  if (exitCode !== "SIGKILL") expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return exitCode !== "SIGKILL";
}

function finishedOf(place: Workplace): Set<number> {
  const text = place.has("out.jsonl") ? place.read("out.jsonl") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return new Set(linesOf(whole).map(({ index }) => index));
}

/** Kills runs at random moments, then lets one end. */
async function expectDoneThoughKilled(seed: number, kills: number, extra: readonly string[]): Promise<Workplace> {
  await using server = await TestServer.start();
  const place = new Workplace();
  const random = randomFrom(seed);
  const urls = Array.from({ length: count }, (_, i) => server.url(`/later/${i % 7}/${i}`));
  place.write("urls.txt", urls);
  const args = ["urls.txt", "--output", "out.jsonl", "--concurrency", "8", "--quiet", "--resume", ...extra];
  let finished = new Set<number>();
  let killedAtWork = 0;
  for (let kill = 0; kill < kills; kill++) {
    // On average they do three quarters of the work, and the last run has some too. A few die before they have begun.
    const requests = Math.floor(random() * 1.5 * (count / kills)) - 5;
    const ended = await killedAfter(place, server, args, Math.max(0, requests), random() * 30);
    if (ended) break;
    const now = finishedOf(place);
    for (const index of finished) expect(now.has(index)).toBe(true);
    if (now.size > finished.size) killedAtWork++;
    finished = now;
  }
  const asked = server.asked.length;
  expect(await place.fetch(args)).toMatchObject({ exitCode: 0, stderr: "" });
  expectEachOnce(place.lines("out.jsonl"), urls);
  expect(server.asked.length - asked).toBe(count - finished.size);
  expect(killedAtWork).toBeGreaterThan(kills / 2);
  expect(place.files().filter((name) => /lock/.test(name))).toEqual([]);
  return place;
}

test.each([1, 2])(
  "killed at 13 random moments and gone on with, the output has each URL once and only whole lines (seed %i)",
  async (seed) => {
    using _place = await expectDoneThoughKilled(seed, 13, []);
  },
  120_000,
);

test("killed at 12 random moments with lines in the order of the input, the output is in that order", async () => {
  using place = await expectDoneThoughKilled(3, 12, ["--ordered"]);
  expect(place.lines("out.jsonl").map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i));
}, 120_000);

test("killed at 12 random moments with a WARC, its records are whole, and each URL has its own where its line says", async () => {
  using place = await expectDoneThoughKilled(4, 12, ["--warc", "out.warc.gz"]);
  const responses = (await recordsOf(place.bytes("out.warc.gz"))).filter(({ type }) => type === "response");
  const lines = place.lines("out.jsonl");
  expect(responses.map(({ uri }) => uri).toSorted()).toEqual(lines.map(({ url }) => url).toSorted());
  for (const line of lines.slice(0, 20)) {
    const { offset = 0, length = 0 } = line.warc ?? {};
    const own = await recordsOf(place.bytes("out.warc.gz").subarray(offset, offset + length));
    expect(own.map(({ type, uri }) => [type, uri])).toEqual([
      ["request", line.url],
      ["response", line.url],
    ]);
  }
}, 120_000);
