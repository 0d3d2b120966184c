/** Requests that pass the limits, take their time, and end: who started when, and how many were in flight at once. */
import { type Coroutine, coroutine, createTask, getRunningLoop, sleep, type Task } from "brigade";
import { type Lease, RequestLimits } from "../../../src/http/limits/limits.ts";
import type { Limits } from "../../../src/http/types.ts";

type Signal = Parameters<Lease["release"]>[0];

export interface Start {
  readonly host: string;
  readonly name: string;
  /** On the loop's clock. */
  readonly at: number;
}

export interface Sent {
  readonly host: string;
  readonly name?: string;
  /** Milliseconds from the start to the end. */
  readonly takes?: number;
  readonly signal?: Signal;
}

export class Requests {
  readonly limits: RequestLimits;
  readonly starts: Start[] = [];
  readonly inFlight: Map<string, number> = new Map();
  /** The most that were in flight at once: over all, and to one host. */
  most = 0;
  mostToOne = 0;
  #all = 0;

  constructor(limits: Limits = {}) {
    this.limits = new RequestLimits(limits);
  }

  /** One request from its call to its end. */
  readonly send: (sent: Sent) => Coroutine<void> = coroutine(function* send(this: Requests, sent: Sent) {
    const { host, name = host, takes = 10, signal = "fine" } = sent;
    const lease = this.limits.tryEnter(host) ?? (yield* this.limits.enter(host));
    this.#began(host, name);
    try {
      yield* sleep(takes);
    } finally {
      this.#all--;
      this.inFlight.set(host, (this.inFlight.get(host) as number) - 1);
      lease.release(signal);
    }
  });

  /** As many requests of the same kind, each as a task. */
  sendMany(count: number, sent: Sent): Task<void>[] {
    return Array.from({ length: count }, () => createTask(this.send(sent)));
  }

  /** When requests started. */
  times(host?: string): number[] {
    return this.starts.filter((start) => host === undefined || start.host === host).map(({ at }) => at);
  }

  #began(host: string, name: string): void {
    const toHost = (this.inFlight.get(host) ?? 0) + 1;
    this.inFlight.set(host, toHost);
    this.starts.push({ host, name, at: getRunningLoop().time() });
    this.most = Math.max(this.most, ++this.#all);
    this.mostToOne = Math.max(this.mostToOne, toHost);
  }
}

/** How many leases there are at once to hosts of these names, taken in turn; all are given back. */
export function leasesFor(limits: RequestLimits, hosts: readonly string[]): number {
  const leases: Lease[] = [];
  for (;;) {
    const lease = limits.tryEnter(hosts[leases.length % hosts.length] as string);
    if (lease === undefined) break;
    leases.push(lease);
  }
  for (const lease of leases) lease.release("unknown");
  return leases.length;
}
