/**
 * Keeps a folder: opens PGlite on it, once on the whole machine, and runs the statements of its clients, one at a time. It
 * never outlives its last client by much.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";
import { assertReadable, type Place, POSTGRES_MAJOR } from "./place.ts";
import { type Failure, Lines, type Message, type Report, type Request, type Row, WIRE } from "./wire.ts";

/** How long it waits for the first client, and for another one after the last, in ms. */
const FIRST_CLIENT = 15_000;
const NEXT_CLIENT = 2_000;

/** After these, it ends whatever it waits for: its clients start another one, and what was committed is there. In ms. */
const LONGEST_STATEMENT = 30_000;
const LONGEST_END = 10_000;

/** PostgreSQL's numbers of the types timestamp and timestamptz. */
const TIMES: ReadonlySet<number> = new Set([1114, 1184]);

interface Lock {
  exec(sql: string): void;
  close(): void;
}

export class Keeper {
  readonly #place: Place;
  readonly #clients = new Set<Socket>();
  /** channel → who listens, and how to stop. */
  readonly #channels = new Map<
    string,
    { readonly sockets: Set<Socket>; readonly stop: Promise<() => Promise<void>> }
  >();
  /** The end of the line of statements: each waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();
  #database: PGlite | undefined;
  #server: Server | undefined;
  #lock: Lock | undefined;
  #alone: NodeJS.Timeout | undefined;
  #ending = false;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Returns when clients can come. */
  async serve(): Promise<Report> {
    assertReadable(this.#place);
    this.#lock = await takeLock(this.#place.lock);
    if (this.#lock === undefined) return { kind: "taken" };
    try {
      this.#database = await openDatabase(this.#place);
      this.#server = createServer((socket) => this.#welcome(socket));
      if (process.platform !== "win32") rmSync(this.#place.socket, { force: true }); // of a keeper that was killed
      await listening(this.#server, this.#place.socket);
    } catch (error) {
      await this.#database?.close().catch(() => {});
      this.#lock.close();
      throw error;
    }
    this.#waitForClients(FIRST_CLIENT);
    return { kind: "serving" };
  }

  /** Ends when what runs has ended. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    clearTimeout(this.#alone);
    this.#server?.close(); // removes the socket: who comes now starts another keeper, which waits for the lock
    for (const client of this.#clients) client.end();
    setTimeout(() => process.exit(1), LONGEST_END);
    void this.#last
      .then(() => this.#database?.close())
      .catch(() => {})
      .then(() => {
        this.#lock?.close();
        process.exit();
      });
  }

  #waitForClients(patience: number): void {
    clearTimeout(this.#alone);
    this.#alone = setTimeout(() => this.end(), patience);
  }

  #welcome(socket: Socket): void {
    if (this.#ending) {
      socket.destroy();
      return;
    }
    clearTimeout(this.#alone);
    this.#clients.add(socket);
    const lines = new Lines((line) => void this.#answer(socket, JSON.parse(line) as Request));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => lines.push(text));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => this.#leave(socket));
    say(socket, { wire: WIRE, pid: process.pid });
  }

  #leave(socket: Socket): void {
    this.#clients.delete(socket);
    for (const channel of this.#channels.keys()) this.#unlisten(socket, channel);
    if (this.#clients.size === 0 && !this.#ending) this.#waitForClients(NEXT_CLIENT);
  }

  async #answer(socket: Socket, request: Request): Promise<void> {
    try {
      if ("sql" in request) say(socket, { id: request.id, ...(await this.#inTurn(() => this.#run(request))) });
      else {
        if ("listen" in request) await this.#listen(socket, request.listen);
        else this.#unlisten(socket, request.unlisten);
        say(socket, { id: request.id, rows: [] });
      }
    } catch (error) {
      say(socket, { id: request.id, error: failure(error) });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** A failed text may leave a transaction open, which the next statement, of somebody else, must not meet. */
  async #run(request: { readonly sql: string; readonly values?: readonly unknown[] }): Promise<Answer> {
    const database = this.#database as PGlite;
    // PGlite computes without a pause: when this comes first, it has lost its way, and no statement will end any more.
    const lost = setTimeout(() => process.exit(1), LONGEST_STATEMENT);
    try {
      if (request.values?.length) return answer([await database.query<Row>(request.sql, [...request.values])]);
      return answer(await database.exec(request.sql));
    } catch (error) {
      await database.exec("ROLLBACK").catch(() => {});
      throw error;
    } finally {
      clearTimeout(lost);
    }
  }

  async #listen(socket: Socket, channel: string): Promise<void> {
    let heard = this.#channels.get(channel);
    if (heard === undefined) {
      const sockets = new Set<Socket>();
      const stop = this.#inTurn(() =>
        (this.#database as PGlite).listen(channel, (payload) => {
          for (const one of sockets) say(one, { channel, payload });
        }),
      );
      heard = { sockets, stop };
      this.#channels.set(channel, heard);
    }
    heard.sockets.add(socket);
    await heard.stop;
  }

  #unlisten(socket: Socket, channel: string): void {
    const heard = this.#channels.get(channel);
    if (!heard?.sockets.delete(socket) || heard.sockets.size > 0) return;
    this.#channels.delete(channel);
    void this.#inTurn(async () => (await heard.stop)()).catch(() => {});
  }
}

interface Answer {
  readonly rows: readonly Row[];
  readonly dates: readonly string[];
}

/** A text of several statements gives the rows of all, as pg-boss expects it of a driver. */
function answer(
  results: readonly {
    readonly rows: readonly Row[];
    readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  }[],
): Answer {
  const dates = results.flatMap((one) =>
    one.fields.filter((field) => TIMES.has(field.dataTypeID)).map(({ name }) => name),
  );
  return { rows: results.flatMap((one) => one.rows), dates };
}

function say(socket: Socket, message: Message): void {
  if (socket.writable)
    socket.write(`${JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value))}\n`);
}

/** Of PGlite's error: it has the statement and its values, too, which are nobody's concern. */
const FIELDS = ["code", "severity", "detail", "hint", "schema", "table", "column", "constraint", "routine"] as const;

function failure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: JSON.stringify(error) };
  const known = error as Error & { readonly [Name in (typeof FIELDS)[number]]?: unknown };
  const fields = FIELDS.flatMap((name) => (typeof known[name] === "string" ? [[name, known[name]] as const] : []));
  return { ...Object.fromEntries(fields), message: error.message };
}

/** A lock that the kernel takes away from a process that dies, whatever the platform: that of a SQLite database. */
async function takeLock(path: string): Promise<Lock | undefined> {
  const { DatabaseSync } = await import("node:sqlite").catch((error: unknown) => {
    throw new Error("local(folder) needs node:sqlite, for a lock: Node 22.13 or later", { cause: error });
  });
  const lock = new DatabaseSync(path);
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if ((error as Error).message.includes("locked")) return undefined;
    throw error;
  }
}

async function openDatabase(place: Place): Promise<PGlite> {
  assertReadable(place);
  const made = existsSync(place.mark);
  if (!made) rmSync(place.data, { recursive: true, force: true }); // of a keeper that was killed while it made it
  const { PGlite } = await import("@electric-sql/pglite"); // not before the lock is held: it is big
  const database = await PGlite.create(place.data);
  if (!made) writeMark(place);
  return database;
}

function writeMark(place: Place): void {
  writeFileSync(place.mark, `${JSON.stringify({ madeBy: "@brigade/workers", postgres: POSTGRES_MAJOR })}\n`);
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
