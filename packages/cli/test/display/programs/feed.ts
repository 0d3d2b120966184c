/**
 * A run without a network, for the display to show: URLs end at a steady pace until they are all done, or until a signal.
 * Arguments: how many URLs, how many milliseconds all of them take, and what else: `unknown` (total), `stdout` (lines go
 * there), `quiet`, `notice`, `fail` (it ends with an error).
 */
import process from "node:process";
import { CancelledError, coroutine, run, sleep, use } from "brigade";
import type { HostState } from "brigade/http";
import { display } from "../../../src/fetch/display/display.ts";
import { Meter } from "../../../src/fetch/meter/meter.ts";
import type { FetchOptions } from "../../../src/fetch/options.ts";
import { simulatedRun } from "../../meter/results.ts";

const [count = 100, milliseconds = 1_000] = process.argv.slice(2, 4).map(Number);
const words = new Set(process.argv.slice(4));

const options: FetchOptions = {
  source: { kind: "stdin" },
  concurrency: 20,
  perHost: undefined,
  rate: undefined,
  perHostRate: undefined,
  adaptive: false,
  timeout: 30_000,
  connectTimeout: 10_000,
  retries: 2,
  retryAfterMax: 60_000,
  method: "GET",
  headers: [],
  data: undefined,
  proxy: undefined,
  http2: false,
  engine: undefined,
  cookies: undefined,
  userAgent: undefined,
  robots: false,
  dedupe: false,
  failFast: false,
  maxBytes: 1_000_000,
  output: words.has("stdout") ? undefined : "out.jsonl",
  overwrite: false,
  outputDir: undefined,
  ordered: false,
  warc: undefined,
  resume: false,
  quiet: words.has("quiet"),
  summaryJson: undefined,
  timeline: undefined,
  command: [],
};

const begun = performance.now();
const meter = new Meter({
  total: words.has("unknown") ? undefined : count,
  clock: () => performance.now() - begun,
});
const results = simulatedRun(count, options.concurrency);
const lookAhead = 64;

/** The client's view: of the requests that are open, the first ones are in flight. */
function hosts(): HostState[] {
  const states: HostState[] = [];
  let room = options.concurrency;
  for (const { host, open } of meter.hosts.values()) {
    if (open === 0) continue;
    const inFlight = Math.min(room, open, 8);
    room -= inFlight;
    states.push({ host, inFlight, waiting: open - inFlight, limit: 8 });
  }
  return states;
}

const feed = coroutine(function* feed() {
  let started = 0;
  for (const [finished, result] of results.entries()) {
    for (; started < Math.min(results.length, finished + lookAhead); started++) {
      const next = results[started];
      if (next) meter.started(next.index, next.url, next.host);
    }
    yield* sleep(Math.max(0, (milliseconds * (finished + 1)) / count - meter.elapsed));
    meter.finished(result);
    if (words.has("stdout")) process.stdout.write(`{"index":${result.index}}\n`);
    if (words.has("notice") && finished === Math.floor(count / 2)) meter.notice("half of it is\u001B[2J done");
  }
  if (words.has("fail")) throw new Error("it failed");
});

try {
  await run(use(display(meter, { hosts }, options), feed), { handleSignals: true });
  console.error("the end");
} catch (error) {
  console.error(error instanceof CancelledError ? "interrupted" : String(error));
  process.exitCode = 1;
}
