/** The pool of connections under every order of its steps: no connection has two users, none is lost, the line is kept. */
import {
  type Awaitable,
  type CoroutineBody,
  coroutine,
  gather,
  getRunningLoop,
  InvalidStateError,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  TimeoutError,
} from "brigade";
import { type ExploreOptions, explore } from "brigade/testing";
import { describe, expect, test } from "vitest";
import { Pool, type PoolOptions, type Slot, type Taker } from "../../src/connections/pool.ts";

/** A connection that notices what must not be done to it. */
class Connection {
  readonly #server: Server;
  readonly id: number;
  state: "open" | "broken" | "closed" = "open";
  user: string | undefined;
  interrupted = false;

  constructor(server: Server, id: number) {
    this.#server = server;
    this.id = id;
  }

  begin(user: string): void {
    if (this.state !== "open") throw new Error(`${user} got connection ${this.id}, which is ${this.state}`);
    if (this.user !== undefined) throw new Error(`${user} got connection ${this.id}, which ${this.user} uses`);
    this.user = user;
  }

  end(): void {
    this.user = undefined;
  }

  close(): void {
    if (this.user !== undefined) throw new Error(`connection ${this.id} was closed while ${this.user} used it`);
    if (this.state === "closed") throw new Error(`connection ${this.id} was closed twice`);
    this.state = "closed";
    this.#server.open--;
  }
}

/** Counts its connections. */
class Server {
  readonly max: number;
  /** Which of its openings fail: the first is 1. */
  failing: ReadonlySet<number>;
  opened = 0;
  open = 0;

  constructor(max: number, failing: readonly number[] = []) {
    this.max = max;
    this.failing = new Set(failing);
  }

  readonly connect = coroutine(function* (this: Server): CoroutineBody<Connection> {
    const id = ++this.opened;
    this.open++;
    if (this.open > this.max) throw new Error(`${this.open} connections where ${this.max} are the most`);
    let reached = false;
    try {
      yield* sleep(1);
      if (this.failing.has(id)) throw new RangeError("refused");
      reached = true;
    } finally {
      if (!reached) this.open--;
    }
    return new Connection(this, id);
  });

  readonly disconnect = coroutine(function* (this: Server, connection: Connection): CoroutineBody<void> {
    connection.close();
    yield* sleep(1);
  });

  pool(options: Partial<PoolOptions<Connection>> = {}): Pool<Connection> {
    return new Pool<Connection>({
      label: "the server",
      max: this.max,
      idleTimeout: Infinity,
      acquireTimeout: Infinity,
      open: () => this.connect(),
      close: (connection) => this.disconnect(connection),
      alive: ({ state }) => state === "open",
      interrupt: (connection) => {
        connection.interrupted = true;
      },
      ...options,
    });
  }
}

/** As `pool.acquire()`, which waits for what may come from outside: virtual time stands still for that. This one waits for a future. */
const taken = coroutine(function* taken(pool: Pool<Connection>): CoroutineBody<Slot<Connection>> {
  const turn = getRunningLoop().createFuture<void>();
  const answered = (): void => {
    if (!turn.done) turn.setResult(); // unless it was cancelled at this moment
  };
  let slot: Slot<Connection> | undefined;
  let refusal: unknown;
  const taker: Taker<Connection> = {
    alone: true,
    granted: (granted) => {
      slot = granted;
      answered();
    },
    refused: (error) => {
      refusal = error;
      answered();
    },
  };
  pool.take(taker);
  let reached = false;
  try {
    yield* turn;
    reached = true;
  } finally {
    if (!reached && !pool.withdraw(taker) && slot) pool.giveBack(slot);
  }
  if (slot === undefined) throw refusal;
  return slot;
});

/** Takes a connection, works on it for `ms`, gives it back; one whose connection breaks drops it. */
const user = coroutine(function* user(
  pool: Pool<Connection>,
  name: string,
  ms: number,
  log: string[],
  breaks = false,
): CoroutineBody<void> {
  const slot: Slot<Connection> = yield* taken(pool);
  const { connection } = slot;
  try {
    connection.begin(name);
    log.push(name);
    yield* sleep(ms);
  } finally {
    connection.end();
    if (breaks) {
      pool.drop(slot);
      connection.close();
    }
    pool.giveBack(slot);
  }
});

/** The body, then the end of the pool; then nothing of it is left. */
function* pooled(server: Server, pool: Pool<Connection>, body: CoroutineBody<void>): CoroutineBody<void> {
  let ended = false;
  try {
    yield* body;
    ended = true;
  } finally {
    yield* shield(pool.close(!ended));
    if (server.open !== 0) throw new Error(`${server.open} connections are left`);
    if (pool.size !== 0 || pool.waiting !== 0)
      throw new Error(`the pool still counts ${pool.size} and ${pool.waiting}`);
  }
}

/** As `user`; gives whether it was refused in this way. */
const refused = coroutine(function* refused(
  kind: new (message: string) => Error,
  body: Awaitable<void>,
): CoroutineBody<boolean> {
  try {
    yield* body;
    return false;
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    return true;
  }
});

/** Three users and one connection. */
const inLine = () => {
  const server = new Server(1);
  const pool = () => server.pool();
  return (function* (): CoroutineBody<void> {
    const log: string[] = [];
    const one = pool();
    yield* pooled(
      server,
      one,
      (function* () {
        yield* gather(["a", "b", "c"].map((name) => user(one, name, 2, log)));
        if (log.length !== 3) throw new Error(`served were ${log.join(", ")}`);
      })(),
    );
  })();
};

/** Two connections, five users, two of whom are taken away while they wait, connect or work. */
const withTimeouts = () => {
  const server = new Server(2);
  return (function* (): CoroutineBody<void> {
    const log: string[] = [];
    const pool = server.pool();
    yield* pooled(
      server,
      pool,
      (function* () {
        const hurried = (name: string, ms: number) => moveOnAfter(ms, user(pool, name, 2, log));
        yield* gather([
          hurried("a", 1),
          user(pool, "b", 2, log),
          hurried("c", 3),
          user(pool, "d", 1, log),
          user(pool, "e", 1, log),
        ]);
        for (const name of ["b", "d", "e"]) if (!log.includes(name)) throw new Error(`${name} was not served`);
      })(),
    );
  })();
};

/** Connections that can't be opened, and some that break in their users' hands. */
const withFailures = () => {
  const server = new Server(2, [2, 3]);
  return (function* (): CoroutineBody<void> {
    const log: string[] = [];
    const pool = server.pool();
    yield* pooled(
      server,
      pool,
      (function* () {
        const some = ["a", "b", "c", "d", "e"].map((name, i) =>
          refused(RangeError, user(pool, name, i % 2, log, i === 0 || i === 3)),
        );
        const unlucky = (yield* gather(some)).filter(Boolean).length;
        if (unlucky + log.length !== 5) throw new Error("somebody was neither served nor refused");
        // The pool is as good as new, once the server is.
        server.failing = new Set();
        yield* user(pool, "f", 0, log);
      })(),
    );
  })();
};

/** Nobody waits longer than `acquireTimeout`, and who is told so leaves nothing behind. */
const withDeadlines = () => {
  const server = new Server(1);
  return (function* (): CoroutineBody<void> {
    const log: string[] = [];
    const pool = server.pool({ acquireTimeout: 3 });
    yield* pooled(
      server,
      pool,
      (function* () {
        const some = ["a", "b", "c"].map((name) => refused(TimeoutError, user(pool, name, 2, log)));
        const late = (yield* gather(some)).filter(Boolean).length;
        if (late + log.length !== 3) throw new Error("somebody was neither served nor told that it is late");
        yield* user(pool, "d", 0, log);
      })(),
    );
  })();
};

/** Idle connections are closed while somebody comes to take them. */
const withIdleTimeout = () => {
  const server = new Server(2);
  return (function* (): CoroutineBody<void> {
    const log: string[] = [];
    const pool = server.pool({ idleTimeout: 2 });
    yield* pooled(
      server,
      pool,
      (function* () {
        const regular = coroutine(function* (name: string) {
          for (let i = 0; i < 3; i++) {
            yield* user(pool, name, 1, log);
            yield* sleep(2);
          }
        });
        yield* gather([regular("a"), regular("b")]);
        if (log.length !== 6) throw new Error(`served were ${log.join(", ")}`);
      })(),
    );
  })();
};

/** The pool is closed with everybody in the middle of something: as by an error of the body of its `use`. */
const interrupted = () => {
  const server = new Server(2);
  return (function* (): CoroutineBody<void> {
    const log: string[] = [];
    const pool = server.pool();
    yield* taskGroup(function* (group) {
      for (const name of ["a", "b", "c", "d"]) group.createTask(refused(InvalidStateError, user(pool, name, 3, log)));
      try {
        yield* sleep(1);
      } finally {
        yield* shield(pool.close(true));
        if (server.open !== 0) throw new Error(`${server.open} connections are left`);
        if (pool.waiting !== 0) throw new Error("somebody still waits");
      }
    });
  })();
};

const times = process.env["BRIGADE_LONG"] === undefined ? 1 : 50;
const small: ExploreOptions = { strategy: "exhaustive", leaks: true, schedules: 200 * times };
const large: ExploreOptions = { leaks: true, schedules: 100 * times };

describe.each(Object.entries({ inLine, withTimeouts, withFailures, withDeadlines, withIdleTimeout, interrupted }))(
  "the pool, %s",
  (_, program) => {
    test("in every order, as far as they can all be tried", async () => {
      expect((await explore(program, small)).schedules).toBeGreaterThan(0);
    });
    test("in random orders, one of the tasks cancelled anywhere", async () => {
      expect((await explore(program, { ...large, cancelAnywhere: true })).schedules).toBeGreaterThan(0);
      expect((await explore(program, { ...large, strategy: "pct" })).schedules).toBeGreaterThan(0);
    });
  },
);
