/** What a run did, in numbers: the fields of `--summary-json`. They are only ever added to. */
import type { HostCounts } from "../meter/hosts.ts";
import type { Meter } from "../meter/meter.ts";

export interface Summary {
  /** URLs of the input; null: it was not read to its end. */
  readonly total: number | null;
  /** URLs that have a line in the output of this run: `succeeded + failed`. */
  readonly done: number;
  /** A response with a status below 400, read to its end. */
  readonly succeeded: number;
  readonly failed: number;
  /** URLs that needed no request: finished by an earlier run, or duplicates. */
  readonly skipped: number;
  /** URLs that were begun when the run was interrupted. */
  readonly unfinished: number;
  /** Whether the run was interrupted, by Ctrl-C, by an error, or by `--fail-fast`. */
  readonly interrupted: boolean;
  readonly attempts: number;
  /** URLs that took more than one attempt. */
  readonly retried: number;
  /** Responses by status, failures among them: `{ "200": 990, "404": 10 }`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Failures by class, with the first of each. Their counts add up to `failed`. */
  readonly errors: Readonly<Record<string, SummaryError>>;
  /** Of the bodies, decompressed. */
  readonly bytes: number;
  /** Milliseconds that requests took on their own, without waiting for limits and between attempts; null: none was made. */
  readonly times: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number } | null;
  /** Milliseconds from the first to the last. */
  readonly wallTime: number;
  /** Milliseconds that the requests would have taken one after another. */
  readonly oneAtATime: number;
  /** Requests a second, over the whole run. */
  readonly rate: number;
  /** The hosts with the most requests, at most 20. */
  readonly hosts: readonly SummaryHost[];
  /** All other hosts together; null: there are none. */
  readonly otherHosts: Omit<SummaryHost, "host"> | null;
}

export interface SummaryError {
  readonly count: number;
  readonly example: { readonly url: string; readonly message: string };
}

export interface SummaryHost {
  readonly host: string;
  readonly done: number;
  readonly failed: number;
  readonly bytes: number;
}

const shownHosts = 20;

export function summaryOf(meter: Meter, options: { readonly interrupted?: boolean } = {}): Summary {
  const wallTime = milliseconds(meter.elapsed);
  const { times } = meter;
  return {
    total: meter.total ?? null,
    done: meter.done,
    succeeded: meter.done - meter.failed,
    failed: meter.failed,
    skipped: meter.skipped,
    unfinished: meter.open,
    interrupted: options.interrupted ?? meter.open > 0,
    attempts: meter.attempts,
    retried: meter.retried,
    statuses: Object.fromEntries([...meter.statuses].toSorted(([a], [b]) => a - b)),
    errors: errorsOf(meter),
    bytes: meter.bytes,
    times:
      times === undefined
        ? null
        : {
            p50: milliseconds(times.p50),
            p90: milliseconds(times.p90),
            p99: milliseconds(times.p99),
            max: milliseconds(times.max),
          },
    wallTime,
    oneAtATime: milliseconds(meter.oneAtATime),
    rate: wallTime === 0 ? 0 : milliseconds((meter.done * 1_000) / wallTime),
    ...hostsOf(meter),
  };
}

function errorsOf(meter: Meter): Record<string, SummaryError> {
  const byCount = [...meter.failures.values()].toSorted((a, b) => b.count - a.count);
  return Object.fromEntries(
    byCount.map(({ class: name, count, url, message }) => [name, { count, example: { url, message } }]),
  );
}

function hostsOf(meter: Meter): Pick<Summary, "hosts" | "otherHosts"> {
  const all = [...meter.hosts.values()].filter(({ done }) => done > 0).toSorted((a, b) => b.done - a.done);
  const others = [...all.slice(shownHosts), meter.hosts.dropped];
  const sum = (of: (counts: (typeof others)[number]) => number): number =>
    others.reduce((total, counts) => total + of(counts), 0);
  const rest = { done: sum(({ done }) => done), failed: sum(({ failed }) => failed), bytes: sum(({ bytes }) => bytes) };
  return { hosts: all.slice(0, shownHosts).map(summaryHost), otherHosts: rest.done === 0 ? null : rest };
}

function summaryHost({ host, done, failed, bytes }: HostCounts): SummaryHost {
  return { host, done, failed, bytes };
}

function milliseconds(value: number): number {
  return Math.round(value * 100) / 100;
}
