/** What is shown of a run at one moment. */
import type { Client, HostState } from "brigade/http";
import { hostRateSpan } from "../meter/hosts.ts";
import type { Meter, Times } from "../meter/meter.ts";

export interface RunState {
  readonly total: number | undefined;
  /** Those that needed no request among them. */
  readonly done: number;
  readonly failed: number;
  readonly inFlight: number;
  /** For the limits. */
  readonly waiting: number;
  readonly rate: number;
  readonly times: Times | undefined;
  readonly bytes: number;
  readonly elapsed: number;
  readonly remaining: number | undefined;
  /** The busiest first. */
  readonly hosts: readonly HostLine[];
  /** How many more there are, at least. */
  readonly moreHosts: number;
}

export interface HostLine {
  readonly host: string;
  readonly inFlight: number;
  readonly waiting: number;
  /** undefined: nothing is open, so that the host has no limit now. */
  readonly limit: number | undefined;
  readonly done: number;
  readonly failed: number;
  readonly rate: number;
}

export function stateOf(meter: Meter, client: Pick<Client, "hosts">, mostHosts: number): RunState {
  const limits = client.hosts();
  const hosts = hostLines(meter, limits, mostHosts);
  return {
    total: meter.total,
    done: meter.done + meter.skipped,
    failed: meter.failed,
    inFlight: limits.reduce((sum, host) => sum + host.inFlight, 0),
    waiting: limits.reduce((sum, host) => sum + host.waiting, 0),
    rate: meter.rate,
    times: meter.times,
    bytes: meter.bytes,
    elapsed: meter.elapsed,
    remaining: meter.remaining,
    hosts,
    moreHosts: meter.hosts.size - hosts.length,
  };
}

function hostLines(meter: Meter, limits: readonly HostState[], most: number): HostLine[] {
  if (most <= 0) return [];
  // By what only grows, so that lines keep their places; hosts that are finished give way.
  const busiest = [...meter.hosts.values()].toSorted(
    (a, b) => Number(b.open > 0) - Number(a.open > 0) || b.done + b.open - (a.done + a.open),
  );
  const limitOf = new Map(limits.map((state) => [state.host, state]));
  const now = meter.elapsed;
  return busiest.slice(0, most).map(({ host, done, failed, rate }) => {
    const state = limitOf.get(host);
    return {
      host,
      inFlight: state?.inFlight ?? 0,
      waiting: state?.waiting ?? 0,
      limit: state?.limit,
      done,
      failed,
      rate: rate.at(now, hostRateSpan),
    };
  });
}
