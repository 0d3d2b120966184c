/** What a run has done so far, in numbers. Memory stays flat however many URLs there are; a request costs under 1 µs. */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { FetchResult } from "../result.ts";
import { type HostCounts, Hosts } from "./hosts.ts";
import { keptMessage, keptUrl } from "./kept-text.ts";
import { RecentRate } from "./recent-rate.ts";

export interface MeterOptions {
  /** How many URLs there are; undefined: not known. */
  readonly total: number | undefined;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  /** Of how many hosts numbers are kept. Default: 2,000. */
  readonly hosts?: number;
}

/** All failures of one class. */
export interface FailureCounts {
  readonly class: string;
  count: number;
  /** Of the first one. */
  readonly url: string;
  readonly message: string;
}

/** Milliseconds that a request took on its own, without waiting for the limits and between attempts. */
export interface Times {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const rateSpan = 5_000;
const steadyRateSpan = 30_000; // an estimate of the end that jumps about helps nobody
const mostFailureClasses = 100;
const otherFailures = "other errors";
const longestTime = 7 * 24 * 3_600_000_000; // µs; a longer one counts as this

export class Meter {
  /** It may become known while the run goes on. */
  total: number | undefined;
  done = 0;
  failed = 0;
  /** Needed no request: finished by an earlier run, or a duplicate. */
  skipped = 0;
  /** Started and not finished: in flight, or waiting for the limits. */
  open = 0;
  attempts = 0;
  /** Finished requests that took more than one attempt. */
  retried = 0;
  bytes = 0;
  /** Milliseconds that all requests would have taken one after another, without waiting for limits. */
  oneAtATime = 0;
  readonly statuses: Map<number, number> = new Map();
  readonly failures: Map<string, FailureCounts> = new Map();
  readonly hosts: Hosts;
  readonly #clock: () => number;
  readonly #rate = new RecentRate(steadyRateSpan);
  readonly #times: RecordableHistogram = createHistogram({ lowest: 1, highest: longestTime, figures: 3 }); // in µs
  #notices: string[] = [];

  constructor(options: MeterOptions) {
    this.total = options.total;
    this.#clock = options.clock;
    this.hosts = new Hosts(options.hosts ?? 2_000);
  }

  /** Every URL that is finished was started, or is skipped. */
  started(_index: number, _url: string, host: string): void {
    this.open += 1;
    if (host !== "") this.hosts.of(host).open += 1;
  }

  finished(result: FetchResult): void {
    const now = this.#clock();
    this.open -= 1;
    this.done += 1;
    this.bytes += result.bytes;
    this.#rate.add(now);
    if (result.status !== undefined) this.statuses.set(result.status, (this.statuses.get(result.status) ?? 0) + 1);
    if (result.error !== undefined) this.#failed(result);
    if (result.attempts > 0) this.#took(result);
    if (result.host !== "") finishedAt(this.hosts.of(result.host), result, now);
  }

  skip(count = 1): void {
    this.skipped += count;
  }

  /** Something to tell while the run goes on; whoever displays takes it. */
  notice(text: string): void {
    this.#notices.push(text);
  }

  takeNotices(): readonly string[] {
    const notices = this.#notices;
    if (notices.length > 0) this.#notices = [];
    return notices;
  }

  /** Milliseconds since the run began. */
  get elapsed(): number {
    return this.#clock();
  }

  /** Requests a second, over the last 5 s. */
  get rate(): number {
    return this.#rate.at(this.#clock(), rateSpan);
  }

  /** Milliseconds until the last URL is done, at the rate of the last 30 s; undefined: nobody knows. */
  get remaining(): number | undefined {
    if (this.total === undefined) return undefined;
    const left = Math.max(0, this.total - this.done - this.skipped);
    if (left === 0) return 0;
    const rate = this.#rate.at(this.#clock(), steadyRateSpan);
    return rate === 0 ? undefined : (left * 1_000) / rate;
  }

  /** undefined: no request has ended. Costs some 10 µs. */
  get times(): Times | undefined {
    if (this.#times.count === 0) return undefined;
    const max = this.#times.max / 1_000;
    // The histogram gives the upper edge of a bucket, which may lie above all that was measured.
    const percentile = (of: number): number => Math.min(this.#times.percentile(of) / 1_000, max);
    return { p50: percentile(50), p90: percentile(90), p99: percentile(99), max };
  }

  #took({ timing, attempts }: FetchResult): void {
    const own = Math.max(0, timing.total - timing.waiting);
    this.oneAtATime += own;
    this.#times.record(Math.min(Math.max(1, Math.round(own * 1_000)), longestTime));
    this.attempts += attempts;
    if (attempts > 1) this.retried += 1;
  }

  #failed({ url, error }: FetchResult): void {
    if (error === undefined) return;
    this.failed += 1;
    const known = this.failures.get(error.class);
    if (known) {
      known.count += 1;
      return;
    }
    const name = this.failures.size < mostFailureClasses ? error.class : otherFailures;
    const others = this.failures.get(name);
    if (others) others.count += 1;
    else this.failures.set(name, { class: name, count: 1, url: keptUrl(url), message: keptMessage(error.message) });
  }
}

function finishedAt(counts: HostCounts, result: FetchResult, now: number): void {
  if (counts.open > 0) counts.open -= 1;
  counts.done += 1;
  counts.bytes += result.bytes;
  counts.rate.add(now);
  if (result.error !== undefined) counts.failed += 1;
}
