/** A database as a program sees it: which process does what. */
import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import {
  type AsyncContextManager,
  type Awaitable,
  type CoroutineBody,
  coroutine,
  currentTask,
  fromPromise,
  type Permit,
  type Stream,
  stream,
  type Suspension,
} from "brigade";
import { checkSql } from "./checks.ts";
import { asksToWrite } from "./codes.ts";
import { cursor } from "./cursor.ts";
import type { Lease } from "./leases.ts";
import { pathOf } from "./options.ts";
import type { Processes } from "./processes.ts";
import type { SqliteRow, SqliteValues } from "./request.ts";
import type { Seat } from "./seat.ts";
import { Statements } from "./statements.ts";
import { type Stage, transaction } from "./transaction.ts";
import type { Sqlite, SqliteTransaction, SqliteTransactionOptions } from "./types.ts";
import { STAND, type Wanted, WANTED } from "./wire/messages.ts";

export class Database extends Statements implements Sqlite {
  readonly #processes: Processes;

  constructor(processes: Processes) {
    super();
    this.#processes = processes;
  }

  protected override ask<T>(wanted: Wanted, sql: string, values: SqliteValues | undefined): Awaitable<T> {
    return query(this.#processes, wanted, sql, values) as Awaitable<T>;
  }

  protected override rows(sql: string, values: SqliteValues | undefined): Stream<SqliteRow> {
    const processes = this.#processes;
    const text = processes.texts.of(sql);
    const all = (): Awaitable<readonly SqliteRow[]> => this.ask(WANTED.rows, sql, values);
    if (text.writes || processes.alone) return gathered(all);
    let lease: Lease | undefined;
    const take = coroutine(function* take(): CoroutineBody<Seat> {
      processes.check();
      lease = yield* processes.leases.take();
      return lease.seat;
    });
    const leave = (): void => {
      if (lease) processes.leases.giveBack(lease);
    };
    const instead = (error: unknown): Awaitable<readonly SqliteRow[]> | undefined => {
      if (!asksToWrite(error)) return undefined;
      text.writes = true;
      return all();
    };
    return cursor({ take, leave, instead }, { stand: STAND.outside, sql, values });
  }

  exec(sql: string): Awaitable<void> {
    checkSql(sql);
    return script(this.#processes, sql);
  }

  transaction({ readOnly = false }: SqliteTransactionOptions = {}): AsyncContextManager<SqliteTransaction> {
    const processes = this.#processes;
    return transaction(readOnly && !processes.alone ? readingStage(processes) : writingStage(processes));
  }

  backup(to: string | URL): Awaitable<void> {
    return copy(this.#processes, pathOf(to, "backup()"));
  }
}

const query = coroutine(function* query(
  processes: Processes,
  wanted: Wanted,
  sql: string,
  values: SqliteValues | undefined,
): CoroutineBody<unknown> {
  processes.begin();
  try {
    const text = processes.texts.of(sql);
    if (wanted !== WANTED.effect && !text.writes && !processes.alone) {
      try {
        return yield* processes.readers.read(text, wanted, values);
      } catch (error) {
        if (!asksToWrite(error)) throw error;
        text.writes = true; // nothing was done: it was asked of a process that can only read
      }
    }
    processes.writer.checkOwner("the call");
    return yield* processes.writer.ask({ kind: "call", wanted, stand: STAND.outside, sql, values });
  } finally {
    processes.end();
  }
});

const script = coroutine(function* exec(processes: Processes, sql: string): CoroutineBody<void> {
  processes.begin();
  try {
    processes.writer.checkOwner("exec()");
    yield* processes.writer.ask({ kind: "exec", stand: STAND.outside, sql });
  } finally {
    processes.end();
  }
});

const gathered = stream(function* rows(
  all: () => Awaitable<readonly SqliteRow[]>,
): Generator<Suspension | SqliteRow, void, unknown> {
  for (const row of yield* all()) yield row;
});

function writingStage(processes: Processes): Stage {
  const { writer } = processes;
  let permit: Permit | undefined;
  const leave = (): void => {
    writer.own(undefined);
    permit?.[Symbol.dispose]();
    processes.end();
  };
  const enter = coroutine(function* acquire(): CoroutineBody<Seat> {
    processes.begin();
    let seat: Seat | undefined;
    try {
      writer.checkOwner("a second transaction()");
      permit = yield* writer.acquire();
      seat = writer.seat();
      writer.own(currentTask());
      return seat;
    } finally {
      if (seat === undefined) leave();
    }
  });
  return { begin: "BEGIN IMMEDIATE", enter, leave };
}

function readingStage(processes: Processes): Stage {
  let lease: Lease | undefined;
  const enter = coroutine(function* acquire(): CoroutineBody<Seat> {
    processes.begin();
    try {
      lease = yield* processes.leases.take();
      return lease.seat;
    } finally {
      if (lease === undefined) processes.end();
    }
  });
  const leave = (): void => {
    if (lease) processes.leases.giveBack(lease);
    processes.end();
  };
  // What is read first decides what is seen: that is the schema, now.
  return { begin: "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", enter, leave };
}

/** Into a file beside it, which takes its place when it is whole. */
const copy = coroutine(function* backup(processes: Processes, to: string): CoroutineBody<void> {
  const stage = processes.alone ? writingStage(processes) : readingStage(processes);
  const part = `${to}.${randomUUID()}.part`;
  const seat = yield* stage.enter();
  try {
    const values = [part];
    yield* seat.ask({ kind: "call", wanted: WANTED.effect, stand: STAND.outside, sql: "VACUUM INTO ?", values });
    yield* fromPromise(rename(part, to));
  } finally {
    stage.leave();
    yield* fromPromise(rm(part, { force: true }));
    yield* fromPromise(rm(`${part}-journal`, { force: true }));
  }
});
