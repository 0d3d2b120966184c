/** The driver pg (node-postgres): one client a connection, over a socket that was opened here. */
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { type Coroutine, type CoroutineBody, coroutine, fromCallback, fromPromise } from "brigade";
import type { Client, ClientConfig, QueryResult } from "pg";
import { MissingDriverError } from "../../errors.ts";
import type { Settings } from "../settings.ts";
import type { Parser } from "../sql/decode.ts";
import type { Statement } from "../sql/statement.ts";
import { type Answered, type Copying, type CopyInput, Link, type Rows } from "./link.ts";

type PgClient = Client & { readonly processID: number; readonly secretKey: number };

function ignore(): void {}

/** Statements that the server keeps are known by a name, the same on every connection. */
const names = new Map<string, string>();
const MOST_NAMES = 10_000;
let named = 0;

function nameOf(text: string): string | undefined {
  let name = names.get(text);
  if (name === undefined && names.size < MOST_NAMES) {
    name = `brigade_${++named}`;
    names.set(text, name);
  }
  return name;
}

class NodePostgresLink extends Link {
  readonly #client: PgClient;
  readonly #copyStreams: () => Promise<typeof import("pg-copy-streams")>;

  constructor(client: PgClient, socket: Socket, copyStreams: () => Promise<typeof import("pg-copy-streams")>) {
    super(socket);
    this.#client = client;
    this.#copyStreams = copyStreams;
    client.on("notification", (message) => this.onNotification?.(message.channel, message.payload ?? ""));
  }

  get pid(): number {
    return this.#client.processID;
  }

  get secret(): number {
    return this.#client.secretKey;
  }

  send(statement: Statement, answered: Answered): void {
    const { text, values, mode } = statement;
    const name = mode === "prepared" ? nameOf(text) : undefined;
    const query = {
      text,
      ...(mode === "simple" ? {} : { values: values as (string | null)[], queryMode: "extended" }),
      ...(name === undefined ? {} : { name }),
    };
    this.#client.query(query, (error: Error | null | undefined, result: QueryResult | QueryResult[]) => {
      if (error) answered.failed(error);
      else answered.succeeded(rowsOf(result));
    });
  }

  copyIn(text: string, copying: Copying<CopyInput>): void {
    this.#withStreams(copying, (streams) => {
      const stream = this.#client.query(streams.from(text));
      // It says by itself when the server is ready: what is written before waits there.
      let failed = false;
      stream.once("error", (error: unknown) => {
        failed = true;
        copying.failed(error);
      });
      stream.once("finish", () => copying.ended(stream.rowCount));
      copying.ready(new StreamInput(stream, () => failed));
    });
  }

  copyOut(text: string, copying: Copying<Readable>): void {
    this.#withStreams(copying, (streams) => {
      const stream = this.#client.query(streams.to(text));
      stream.once("error", (error: unknown) => copying.failed(error));
      stream.once("end", () => copying.ended(stream.rowCount));
      copying.ready(stream);
    });
  }

  #withStreams<C>(copying: Copying<C>, begin: (streams: typeof import("pg-copy-streams")) => void): void {
    this.#copyStreams().then(begin, (error: unknown) =>
      copying.failed(new MissingDriverError('copy with driver "pg"', ["pg-copy-streams"], { cause: error })),
    );
  }

  forget(text: string): void {
    names.delete(text); // it gets a new name, and with it a new plan
  }

  protected goodbye(): void {
    this.#client.end().then(ignore, ignore);
  }
}

class StreamInput implements CopyInput {
  readonly #stream: Writable;
  readonly #failed: () => boolean;
  constructor(stream: Writable, failed: () => boolean) {
    this.#stream = stream;
    this.#failed = failed;
  }
  write(chunk: Uint8Array, done: () => void): void {
    if (this.#failed() || this.#stream.write(chunk)) done();
    else this.#stream.once("drain", done).once("close", done).once("error", done);
  }
  end(): void {
    if (!this.#failed()) this.#stream.end();
  }
  abort(reason: string): void {
    this.#stream.destroy(new Error(reason));
  }
}

/** Of several statements the last one's rows. */
function rowsOf(result: QueryResult | QueryResult[]): Rows<unknown> {
  const last = Array.isArray(result) ? result.at(-1) : result;
  const rows = last?.rows ?? [];
  return Object.defineProperties(rows, {
    count: { value: last?.rowCount ?? null },
    command: { value: last?.command ?? "" },
  }) as Rows<unknown>;
}

/** pg wants to connect by itself: this socket is connected already. */
function asConnecting(socket: Socket): Socket {
  socket.connect = () => {
    process.nextTick(() => socket.emit("connect"));
    return socket;
  };
  return socket;
}

/** Loads the driver; gives what logs in over a socket. */
export const loadNodePostgres: (
  settings: Settings,
  parsers: ReadonlyMap<number, Parser>,
) => Coroutine<(socket: Socket) => Coroutine<Link>> = coroutine(function* loadNodePostgres(
  settings: Settings,
  parsers: ReadonlyMap<number, Parser>,
): CoroutineBody<(socket: Socket) => Coroutine<Link>> {
  let driver: typeof import("pg");
  try {
    driver = yield* fromPromise(import("pg"));
  } catch (error) {
    throw new MissingDriverError('postgres() with driver "pg"', ["pg"], { cause: error });
  }
  const same: Parser = (text) => text;
  const copyStreams = (): Promise<typeof import("pg-copy-streams")> => import("pg-copy-streams").then((m) => m.default);
  return coroutine(function* login(socket: Socket): CoroutineBody<Link> {
    const { application_name, ...parameters } = settings.parameters;
    const client = new driver.Client({
      host: "localhost",
      port: settings.port,
      user: settings.user,
      password: () => settings.password() ?? "",
      database: settings.database,
      ssl: false,
      application_name,
      options: Object.entries(parameters)
        .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, "\\$&")}`)
        .join(" "),
      types: { getTypeParser: (oid: number) => parsers.get(oid) ?? same },
      stream: asConnecting(socket),
    } as unknown as ClientConfig) as PgClient;
    client.on("error", ignore); // the socket says that it is lost
    yield* fromCallback<void>((reply) => {
      client.connect((error: unknown) => (error ? reply.fail(error) : reply.succeed(undefined)));
      return undefined;
    }, `login at ${settings.address}`);
    return new NodePostgresLink(client, socket, copyStreams);
  });
});
