/**
 * Records when requests ran, for a picture. Memory is bounded: of many requests it keeps one in 2, in 4, in 8, …,
 * evenly, beside the slowest and a sample of those that failed.
 */
import { keptMessage, keptUrl, ownCopy } from "../meter/kept-text.ts";
import type { FetchResult } from "../result.ts";

/** One request; times in milliseconds since the run began. */
export interface Bar {
  readonly url: string;
  readonly host: string;
  readonly status: number | undefined;
  readonly error: { readonly class: string; readonly message: string } | undefined;
  readonly attempts: number;
  readonly bytes: number;
  readonly began: number;
  readonly waiting: number;
  /** Attempts that failed and were tried again. */
  readonly retries: number;
  readonly connect: number;
  readonly response: number;
  readonly body: number;
}

export interface TimelineOptions {
  /** How many bars are kept evenly. Default: 10,000. */
  readonly bars?: number;
  /** How many failed ones are kept. Default: 2,000. */
  readonly failed?: number;
  /** How many of the slowest are kept. Default: 200. */
  readonly slowest?: number;
}

/** Every n-th of what it is given: n doubles when there are too many. Invariant: all kept ones are n apart. */
class EvenSample {
  readonly #most: number;
  #kept: Bar[] = [];
  #seen = 0;
  every = 1;

  constructor(most: number) {
    this.#most = most;
  }

  wantsNext(): boolean {
    return this.#seen++ % this.every === 0;
  }

  add(bar: Bar): void {
    this.#kept.push(bar);
    if (this.#kept.length <= this.#most) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.every *= 2;
  }

  get kept(): readonly Bar[] {
    return this.#kept;
  }
}

export class Timeline {
  /** Requests that were added. */
  seen = 0;
  failed = 0;
  readonly #even: EvenSample;
  readonly #failed: EvenSample;
  readonly #mostSlow: number;
  #slow: { readonly bar: Bar; readonly length: number }[] = []; // those not below #slowFrom; pruned when twice too many
  #slowFrom = 0;

  constructor(options: TimelineOptions = {}) {
    this.#even = new EvenSample(options.bars ?? 10_000);
    this.#failed = new EvenSample(options.failed ?? 2_000);
    this.#mostSlow = options.slowest ?? 200;
  }

  add(result: FetchResult): void {
    if (result.attempts === 0) return; // it was never sent: there is nothing to draw
    this.seen += 1;
    const length = result.timing.total - result.timing.waiting;
    const evenly = this.#even.wantsNext();
    const asFailed = result.error !== undefined && this.#failed.wantsNext();
    const asSlow = length > this.#slowFrom;
    if (result.error !== undefined) this.failed += 1;
    if (!evenly && !asFailed && !asSlow) return;
    const bar = barOf(result);
    if (evenly) this.#even.add(bar);
    if (asFailed) this.#failed.add(bar);
    if (asSlow) this.#addSlow(bar, length);
  }

  /** One bar of how many is kept, apart from the slowest and the failed. */
  get every(): number {
    return this.#even.every;
  }

  /** One of how many failed ones is kept. */
  get everyFailed(): number {
    return this.#failed.every;
  }

  /** In the order in which they left for their server. */
  bars(): Bar[] {
    const all = new Set([...this.#even.kept, ...this.#failed.kept, ...this.#slowest().map(({ bar }) => bar)]);
    return [...all].sort((a, b) => a.began + a.waiting - (b.began + b.waiting));
  }

  #addSlow(bar: Bar, length: number): void {
    this.#slow.push({ bar, length });
    if (this.#slow.length < 2 * this.#mostSlow) return;
    this.#slow = this.#slowest();
    this.#slowFrom = this.#slow.at(-1)?.length ?? 0;
  }

  #slowest(): { readonly bar: Bar; readonly length: number }[] {
    return this.#slow.toSorted((a, b) => b.length - a.length).slice(0, this.#mostSlow);
  }
}

function barOf({ url, host, status, error, attempts, bytes, began, timing }: FetchResult): Bar {
  const { waiting, connect, response, body, total } = timing;
  return {
    url: keptUrl(url),
    host: ownCopy(host),
    status,
    error: error && { class: error.class, message: keptMessage(error.message) },
    attempts,
    bytes,
    began,
    waiting,
    retries: attempts > 1 ? Math.max(0, total - waiting - connect - response - body) : 0,
    connect,
    response,
    body,
  };
}
