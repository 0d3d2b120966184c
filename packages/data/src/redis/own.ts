/** A connection of one's own: what is said on it, and how it is given back. */
import {
  type AsyncContextManager,
  type Awaitable,
  type CallbackReply,
  type Coroutine,
  type CoroutineBody,
  contextManager,
  coroutine,
  fromCallback,
  InvalidStateError,
  moveOnAfter,
  shield,
  type StopCallback,
  type Suspension,
} from "brigade";
import { Pool, type Slot } from "../connections/pool.ts";
import { batch, type Build } from "./batch.ts";
import { BUFFER, blocks } from "./blocking/forms.ts";
import { Turn } from "./blocking/turn.ts";
import { type Carrier, LOOKED_AT, refuseOnesOwn, unwrapped } from "./commands.ts";
import { Connection, type Making } from "./connection.ts";
import type { Line, Sending } from "./line.ts";
import type { Queued, Results } from "./types.ts";

/** A connection with the number that the server knows it by, if it tells. */
interface Numbered {
  readonly connection: Connection;
  readonly id: number | undefined;
}

/** The connections that one call, or one body, has for itself. */
export class OwnConnections {
  readonly #pool: Pool<Numbered>;
  readonly #line: Line;
  readonly #turns = new Set<Turn>();
  readonly #ending = new Set<Connection>(); // of no more use, and not given back to the system yet

  /** `line` carries the requests that end waits. */
  constructor(making: Making, line: Line) {
    const { max, idleTimeout, acquireTimeout } = making.timing;
    this.#line = line;
    this.#pool = new Pool<Numbered>({
      label: `Redis at ${line.address}`,
      max,
      idleTimeout,
      acquireTimeout,
      open: () => openNumbered(making),
      close: ({ connection }) => {
        connection.destroy(); // now: a task that only waits for it may be cancelled before it begins
        return connection.close();
      },
      alive: ({ connection }) => connection.usable && connection.idle,
      lost: ({ connection }, told) => connection.whenEnded(told),
      interrupt: ({ connection }) => connection.destroy(),
    });
  }

  /** A call that waits on the server. */
  wait(name: string, args: unknown[]): Coroutine<unknown> {
    return waiting(this, name, args.flat());
  }

  /** A connection for a body, with `keys` watched. */
  connection(keys: readonly unknown[]): AsyncContextManager<OwnCommands> {
    return own(this, keys);
  }

  acquire(): Coroutine<Slot<Numbered>> {
    return this.#pool.acquire();
  }

  /** Begins a call that waits. Everything that is begun is ended when the whole is closed. */
  begin({ connection, id }: Numbered, name: string, args: unknown[]): Turn {
    const turn = new Turn(connection, id, this.#line, name, args);
    this.#turns.add(turn);
    return turn;
  }

  end(turn: Turn): void {
    this.#turns.delete(turn);
  }

  /** Gives a connection back, or destroys it when its state is not known. It does not wait: what was taken would be lost by that. */
  giveBack(slot: Slot<Numbered>): void {
    const { connection } = slot.connection;
    if (!connection.usable || !connection.idle) {
      this.#ending.add(connection);
      connection.whenEnded(() => this.#ending.delete(connection));
      connection.destroy(new Error("the body that had it has ended"));
      this.#pool.drop(slot);
    }
    this.#pool.giveBack(slot);
  }

  /** Calls that wait are ended; bodies are awaited, or ended too. */
  readonly close: (interrupt: boolean) => Coroutine<void> = coroutine(function* close(
    this: OwnConnections,
    interrupt: boolean,
  ): CoroutineBody<void> {
    const closed = new InvalidStateError("redis: it was closed while this call waited");
    for (const turn of this.#turns) turn.interrupt(closed);
    yield* this.#pool.close(interrupt);
    for (const connection of [...this.#ending]) yield* connection.close();
  }).bind(this);
}

const openNumbered = /* @__PURE__ */ coroutine(function* connect(making: Making): CoroutineBody<Numbered> {
  const connection = new Connection(making);
  let ready = false;
  try {
    yield* opened(connection);
    const id = yield* fromCallback<unknown>((reply) => {
      connection.request("client", ["ID"], (_error, value) => reply.succeed(value)); // who may not ask can't be unblocked
      return undefined;
    }, "redis client id");
    if (!connection.usable) throw connection.refusal;
    ready = true;
    return { connection, id: typeof id === "number" ? id : undefined };
  } finally {
    if (!ready) yield* shield(connection.close());
  }
});

function opened(connection: Connection): Awaitable<void> {
  return fromCallback<void>((reply) => {
    connection.open(
      () => reply.succeed(),
      () => reply.fail(connection.refusal),
    );
    return undefined;
  }, "redis connection to open");
}

const waiting = /* @__PURE__ */ coroutine(function* redisWait(
  all: OwnConnections,
  name: string,
  args: unknown[],
): CoroutineBody<unknown> {
  const slot = yield* all.acquire();
  try {
    return yield* taken(all, slot.connection, name, args);
  } finally {
    all.giveBack(slot);
  }
});

/** One turn on a connection. When it is left, nothing of it is under way. */
const taken = /* @__PURE__ */ coroutine(function* redisTurn(
  all: OwnConnections,
  numbered: Numbered,
  name: string,
  args: unknown[],
): CoroutineBody<unknown> {
  const turn = all.begin(numbered, name, args);
  try {
    const answer = yield* turn.wait();
    return name.endsWith(BUFFER) ? answer : decoded(answer);
  } finally {
    if (!turn.over) yield* shield(turn.undo());
    all.end(turn);
  }
});

function decoded(answer: unknown): unknown {
  if (Buffer.isBuffer(answer)) return answer.toString();
  return Array.isArray(answer) ? answer.map(decoded) : answer;
}

/** The commands on a connection of one's own. */
export class OwnCommands implements Carrier {
  readonly #connection: Connection;
  readonly #waits: (name: string, args: unknown[]) => Awaitable<unknown>;
  #ended = false;

  /** `waits` carries out a call that waits on the server. */
  constructor(connection: Connection, waits: (name: string, args: unknown[]) => Awaitable<unknown>) {
    this.#connection = connection;
    this.#waits = waits;
  }

  carry(name: string, args: unknown[], label: string): Awaitable<unknown> {
    if (LOOKED_AT.has(name)) {
      const [inner, rest] = unwrapped(name, args);
      refuseOnesOwn(inner, rest);
      if (blocks(inner, rest)) return this.#waits(inner, rest);
    }
    return fromCallback((reply) => this.send((connection, later) => connection.send(name, args, later), reply), label);
  }

  readonly send = (send: Sending, reply: CallbackReply<never>): StopCallback => {
    if (this.#ended)
      throw new InvalidStateError("redis: this connection was given back: the body that used it has ended");
    if (!this.#connection.usable) throw this.#connection.gone;
    return send(this.#connection, reply);
  };

  pipeline<const Q extends readonly Queued<unknown>[]>(build: Build<Q>): Awaitable<Results<Q>> {
    return batch("pipeline", build, this.send);
  }

  multi<const Q extends readonly Queued<unknown>[]>(build: Build<Q>): Awaitable<Results<Q>> {
    return batch("multi", build, this.send);
  }

  /** @internal The body has ended. */
  end(): void {
    this.#ended = true;
  }
}

const own = /* @__PURE__ */ contextManager(function* own(
  all: OwnConnections,
  keys: readonly unknown[],
): Generator<Suspension | OwnCommands, void> {
  const slot = yield* all.acquire();
  const { connection } = slot.connection;
  const commands = new OwnCommands(connection, (name, args) => taken(all, slot.connection, name, args.flat()));
  try {
    if (keys.length > 0) yield* said(connection, "watch", [...keys]);
    yield commands;
  } finally {
    commands.end();
    if (keys.length > 0 && connection.usable && connection.idle) {
      const { grace } = connection.timing;
      if (!(yield* moveOnAfter(grace, said(connection, "unwatch", [])))) connection.destroy();
    }
    all.giveBack(slot);
  }
});

/** Says a command, and waits for whatever the answer is; true when it was no error. */
function said(connection: Connection, name: string, args: unknown[]): Awaitable<boolean> {
  return fromCallback<boolean>((reply) => {
    connection.request(name, args, (error) => {
      if (error && name === "watch") reply.fail(connection.failure(error, name));
      else reply.succeed(!error);
    });
    return undefined;
  }, `redis ${name}`);
}
