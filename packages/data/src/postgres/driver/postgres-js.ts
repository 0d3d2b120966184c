/** The driver postgres (postgres.js): one instance a connection, over a socket that was opened here. */
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { type Coroutine, type CoroutineBody, coroutine, fromCallback, fromPromise } from "brigade";
import type { Options, PendingQuery, Row, Sql } from "postgres";
import { MissingDriverError } from "../../errors.ts";
import type { Settings } from "../settings.ts";
import type { Parser } from "../sql/decode.ts";
import type { Statement } from "../sql/statement.ts";
import { type Answered, type Copying, type CopyInput, Link, type Rows } from "./link.ts";

/** A query says how it ended by these; the driver's own cursors replace them, too. */
interface Ending {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

function ignore(): void {}
const same = (text: string): string => text;

const DATE = 1082; // what the driver would make a Date of

function typesOf(parsers: ReadonlyMap<number, Parser>): Record<string, object> {
  const types: Record<string, object> = {};
  for (const [oid, parse] of new Map([[DATE, same as Parser], ...parsers]))
    types[`oid${oid}`] = { to: oid, from: [oid], parse, serialize: same };
  return types;
}

class PostgresJsLink extends Link {
  readonly #sql: Sql;
  pid = 0;
  secret = 0;

  constructor(sql: Sql, socket: Socket) {
    super(socket);
    this.#sql = sql;
  }

  /** The first statement makes the driver log in. */
  readonly login: () => Coroutine<void> = coroutine(function* login(this: PostgresJsLink): CoroutineBody<void> {
    const { state } = yield* fromCallback<{ readonly state: { readonly pid: number; readonly secret: number } }>(
      (reply) => {
        this.#sql.unsafe("select 1").then(
          (rows) =>
            reply.succeed(rows as unknown as { readonly state: { readonly pid: number; readonly secret: number } }),
          (error: unknown) => reply.fail(error),
        );
        return undefined;
      },
      "login",
    );
    this.pid = state.pid;
    this.secret = state.secret;
  }).bind(this);

  send(statement: Statement, answered: Answered): void {
    const simple = statement.mode === "simple";
    const query = this.#sql.unsafe(
      statement.text,
      statement.values as string[],
      {
        prepare: statement.mode === "prepared",
        simple,
      } as { prepare: boolean },
    ) as PendingQuery<Row[]> & Ending;
    const { resolve, reject } = query;
    // The promises of queries that follow one another hold on to each other for a while: to all their rows too, if they were given them.
    query.resolve = (rows) => {
      resolve(undefined);
      answered.succeeded(simple ? lastOf(rows) : (rows as Rows<unknown>));
    };
    query.reject = (error) => {
      reject(error);
      answered.failed(error);
    };
    query.then(ignore, ignore);
  }

  copyIn(text: string, copying: Copying<CopyInput>): void {
    this.#copy(text, copying, (stream) => new StreamInput(stream as Writable), "writable");
  }

  copyOut(text: string, copying: Copying<Readable>): void {
    this.#copy(text, copying, (stream) => stream as Readable, "readable");
  }

  /** The query is resolved with the stream first, and with the result, or the error, at the end: which its promise does not tell. */
  #copy<Channel>(
    text: string,
    copying: Copying<Channel>,
    channelOf: (stream: Readable | Writable) => Channel,
    direction: "readable" | "writable",
  ): void {
    const query = this.#sql.unsafe(text) as PendingQuery<Row[]> & Ending;
    const { resolve, reject } = query;
    let begun = false;
    query.resolve = (value) => {
      resolve(value);
      if (begun || Array.isArray(value)) return copying.ended((value as { readonly count: number }).count);
      begun = true;
      const stream = value as Readable | Writable;
      stream.on("error", ignore); // the query is rejected with it
      copying.ready(channelOf(stream));
    };
    query.reject = (error) => {
      reject(error);
      copying.failed(error);
    };
    const asked = direction === "readable" ? query.readable() : query.writable();
    asked.then(ignore, ignore);
  }

  forget(): void {} // the driver knows by itself when a plan is stale

  protected goodbye(): void {
    this.#sql.end().then(ignore, ignore);
  }
}

class StreamInput implements CopyInput {
  readonly #stream: Writable;
  constructor(stream: Writable) {
    this.#stream = stream;
  }
  write(chunk: Uint8Array, done: () => void): void {
    if (this.#stream.write(chunk)) done();
    else this.#stream.once("drain", done).once("close", done);
  }
  end(): void {
    this.#stream.end();
  }
  abort(reason: string): void {
    this.#stream.destroy(new Error(reason));
  }
}

/** Of several statements the last one's rows. */
function lastOf(rows: unknown): Rows<unknown> {
  const results = rows as Rows<unknown>[] & Rows<unknown>;
  const last = results.at(-1);
  return Array.isArray(last) && results.command === undefined ? last : results;
}

/** Loads the driver; gives what logs in over a socket. */
export const loadPostgresJs: (
  settings: Settings,
  parsers: ReadonlyMap<number, Parser>,
) => Coroutine<(socket: Socket) => Coroutine<Link>> = coroutine(function* loadPostgresJs(
  settings: Settings,
  parsers: ReadonlyMap<number, Parser>,
): CoroutineBody<(socket: Socket) => Coroutine<Link>> {
  let driver: typeof import("postgres");
  try {
    driver = (yield* fromPromise(import("postgres"))).default;
  } catch (error) {
    throw new MissingDriverError("postgres()", ["postgres"], { cause: error });
  }
  const types = typesOf(parsers);
  return coroutine(function* login(socket: Socket): CoroutineBody<Link> {
    let handedOver = false;
    const options = {
      host: "localhost",
      port: settings.port,
      user: settings.user,
      pass: () => settings.password() ?? "",
      database: settings.database,
      max: 1,
      ssl: false,
      idle_timeout: 0,
      connect_timeout: 0,
      max_lifetime: null,
      keep_alive: null,
      backoff: false,
      fetch_types: false,
      no_subscribe: true,
      connection: settings.parameters,
      types,
      onnotice: ignore,
      onnotify: (channel: string, payload: string) => link.onNotification?.(channel, payload),
      // A second call means that the connection is lost, and that the driver would make another one behind the caller's back.
      socket: () => {
        if (handedOver) throw Object.assign(new Error("the connection is lost"), { code: "CONNECTION_CLOSED" });
        handedOver = true;
        return socket;
      },
    };
    const link = new PostgresJsLink(driver(options as unknown as Options<Record<string, never>>), socket);
    yield* link.login();
    return link;
  });
});
