/** What is read piece by piece: the entries of Redis streams, and the keys and members of a scan. */
import { type Awaitable, type CoroutineBody, coroutine, sleep, type Stream, type Suspension, stream } from "brigade";
import { ConnectError, ConnectionLostError } from "../errors.ts";

/** An entry of a Redis stream. */
export interface Entry {
  readonly stream: string;
  readonly id: string;
  /** Fields and values. A field that stands there twice has its last value. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface EntriesOptions {
  /** How many entries one call fetches at most. Default: 100. */
  readonly count?: number;
}

export interface GroupOptions extends EntriesOptions {
  readonly group: string;
  readonly consumer: string;
  /** Entries count as dealt with when they are given. Default: false, so that `xack` says it. */
  readonly noAck?: boolean;
}

export interface ScanOptions {
  readonly match?: string;
  /** How much one call looks at, roughly. */
  readonly count?: number;
}

/** Carries out a command by its name. */
export type Call = (name: string, args: unknown[]) => Awaitable<unknown>;
type Reply = [stream: string, entries: [id: string, fields: string[] | null][]][] | null;

const FIRST_PAUSE = 50; // milliseconds until a lost connection is tried again
const LONGEST_PAUSE = 5_000;

/** Entries after `from`, without end. Nothing is missed when the connection is lost: it goes on after the last one. */
export const entriesOf: (call: Call, from: Readonly<Record<string, string>>, options: EntriesOptions) => Stream<Entry> =
  /* @__PURE__ */ stream(function* entries(
    call: Call,
    from: Readonly<Record<string, string>>,
    { count = 100 }: EntriesOptions,
  ): Generator<Suspension | Entry, void, unknown> {
    const last = new Map<string, string>();
    for (const [key, id] of Object.entries(from)) last.set(key, id === "$" ? yield* newest(call, key) : id);
    for (;;) {
      const args = ["COUNT", count, "BLOCK", 0, "STREAMS", ...last.keys(), ...last.values()];
      const found = (yield* untilThere(call, "xread", args)) as Reply;
      for (const [name, list] of found ?? []) {
        for (const [id, fields] of list) {
          yield entry(name, id, fields);
          last.set(name, id);
        }
      }
    }
  });

/** The id of the last entry there is: what comes later is after it. */
const newest = /* @__PURE__ */ coroutine(function* newest(call: Call, key: string): CoroutineBody<string> {
  const found = (yield* call("xrevrange", [key, "+", "-", "COUNT", 1])) as [string][];
  return found[0]?.[0] ?? "0-0";
});

/**
 * Entries for one consumer of a group, without end: first those it was given before and has not acknowledged, then new
 * ones. After a lost connection it goes on with those that were given to it on the way.
 */
export const groupEntriesOf: (call: Call, streams: readonly string[], options: GroupOptions) => Stream<Entry> =
  /* @__PURE__ */ stream(function* groupEntries(
    call: Call,
    streams: readonly string[],
    { group, consumer, count = 100, noAck = false }: GroupOptions,
  ): Generator<Suspension | Entry, void, unknown> {
    const head = ["GROUP", group, consumer, "COUNT", count];
    const seen = new Map(streams.map((name) => [name, "0"])); // the last entry of each that was given here
    let pending = !noAck; // whether there may be entries that were given before
    for (let pause = FIRST_PAUSE; ; ) {
      const args = pending
        ? [...head, "STREAMS", ...seen.keys(), ...seen.values()]
        : [...head, ...(noAck ? ["NOACK"] : []), "BLOCK", 0, "STREAMS", ...seen.keys(), ...streams.map(() => ">")];
      let found: Reply;
      try {
        found = (yield* call("xreadgroup", args)) as Reply;
      } catch (error) {
        if (!unreachable(error)) throw error;
        yield* sleep(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        pending = !noAck;
        continue;
      }
      pause = FIRST_PAUSE;
      pending &&= (found ?? []).some(([, list]) => list.length > 0);
      for (const [name, list] of found ?? []) {
        for (const [id, fields] of list) {
          seen.set(name, id);
          if (fields) yield entry(name, id, fields); // without fields it was deleted meanwhile
        }
      }
    }
  });

/** A call without effect: it is made again when the connection was lost. */
const untilThere = /* @__PURE__ */ coroutine(function* untilThere(
  call: Call,
  name: string,
  args: readonly unknown[],
): CoroutineBody<unknown> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return yield* call(name, [...args]);
    } catch (error) {
      if (!unreachable(error)) throw error;
    }
    yield* sleep(pause);
  }
});

/** Whether the server may be there again soon. A wrong password, or the like, stays wrong. */
function unreachable(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true;
  return error instanceof ConnectError && /^E|^CLOSED$|^LOADING$/.test(error.code ?? "");
}

function entry(name: string, id: string, fields: string[] | null): Entry {
  const record: Record<string, string> = {};
  for (let i = 0; fields && i + 1 < fields.length; i += 2) record[fields[i] as string] = fields[i + 1] as string;
  return { stream: name, id, fields: record };
}

export type ScanCommand = "scan" | "sscan" | "hscan" | "zscan";

/** What a scan finds, one after the other. What is there all the time comes once at least; the rest may come or not. */
export function scanOf<T>(
  call: Call,
  name: ScanCommand,
  key: string | undefined,
  options: ScanOptions & { type?: string },
): Stream<T> {
  return scanned(call, name, key, options) as Stream<unknown> as Stream<T>;
}

const scanned = /* @__PURE__ */ stream(function* scan(
  call: Call,
  name: ScanCommand,
  key: string | undefined,
  { match, count, type }: ScanOptions & { type?: string },
): Generator<Suspension | string | (string | undefined)[], void, unknown> {
  const rest: unknown[] = [];
  if (match !== undefined) rest.push("MATCH", match);
  if (count !== undefined) rest.push("COUNT", count);
  if (type !== undefined) rest.push("TYPE", type);
  const paired = name === "hscan" || name === "zscan";
  let cursor = "0";
  do {
    const args = key === undefined ? [cursor, ...rest] : [key, cursor, ...rest];
    const [next, items] = (yield* call(name, args)) as [string, string[]];
    if (!paired) for (const item of items) yield item;
    else for (let i = 0; i < items.length; i += 2) yield [items[i], items[i + 1]];
    cursor = next;
  } while (cursor !== "0");
});
