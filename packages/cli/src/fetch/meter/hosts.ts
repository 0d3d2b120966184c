/** Counts per host, for a bounded number of hosts. Those that are dropped are counted together. */
import { ownCopy } from "./kept-text.ts";
import { RecentRate } from "./recent-rate.ts";

/** The longest time that a host's rate looks back. */
export const hostRateSpan = 5_000;

export class HostCounts {
  readonly host: string;
  /** Started and not finished: in flight, or waiting for the limits. */
  open = 0;
  done = 0;
  failed = 0;
  bytes = 0;
  readonly rate: RecentRate = new RecentRate(hostRateSpan);

  constructor(host: string) {
    this.host = host;
  }
}

export class Hosts {
  readonly #most: number;
  readonly #counts = new Map<string, HostCounts>(); // at most #most, but for hosts that have requests open
  /** Finished requests to hosts that were dropped. */
  readonly dropped: { done: number; failed: number; bytes: number } = { done: 0, failed: 0, bytes: 0 };

  constructor(most: number) {
    this.#most = most;
  }

  of(host: string): HostCounts {
    return this.#counts.get(host) ?? this.#add(host);
  }

  values(): IterableIterator<HostCounts> {
    return this.#counts.values();
  }

  get size(): number {
    return this.#counts.size;
  }

  #add(host: string): HostCounts {
    if (this.#counts.size >= this.#most) this.#dropSome();
    const counts = new HostCounts(ownCopy(host));
    this.#counts.set(counts.host, counts);
    return counts;
  }

  /** A quarter goes at once: those with the fewest requests, the oldest first. */
  #dropSome(): void {
    const idle = [...this.#counts.values()].filter(({ open }) => open === 0).sort((a, b) => a.done - b.done);
    for (const { host, done, failed, bytes } of idle.slice(0, Math.ceil(this.#most / 4))) {
      this.#counts.delete(host);
      this.dropped.done += done;
      this.dropped.failed += failed;
      this.dropped.bytes += bytes;
    }
  }
}
