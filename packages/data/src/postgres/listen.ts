/** Notifications as a stream, over a connection of its own that is made again when it is lost. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  fromCallback,
  moveOnAfter,
  type Stream,
  shield,
  sleep,
  stream,
  type Suspension,
} from "brigade";
import { Connection } from "./calls/connection.ts";
import { Session } from "./calls/session.ts";
import { type Login, openLink } from "./open-link.ts";
import type { Settings } from "./settings.ts";
import { quotedName } from "./sql/statement.ts";

/** What comes of a channel. */
export type Notification =
  | { readonly kind: "message"; readonly channel: string; readonly payload: string }
  /** The connection was lost and is there again, or the reader was too slow: what was sent meanwhile is missing. */
  | { readonly kind: "gap"; readonly channel: string; readonly error: Error };

export interface ListenOptions {
  /** Called when the server has begun to send, the first time and after each gap. */
  readonly onListening?: () => void;
  /** How many notifications wait for the reader at most; then the oldest are dropped, and a gap is told. Default: 10,000. */
  readonly buffer?: number;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;
const CHECK = 15_000; // milliseconds between two looks whether the server is there: one who only listens would not notice

/** What has come and was not read. */
class Inbox {
  readonly #items: Notification[] = [];
  readonly #most: number;
  readonly #channel: string;
  #wake: (() => void) | undefined;

  constructor(channel: string, most: number) {
    this.#channel = channel;
    this.#most = most;
  }

  add(item: Notification): void {
    this.#items.push(item);
    if (this.#items.length > this.#most) this.#overflow();
    this.#wake?.();
  }

  #overflow(): void {
    const error = new Error(`more than ${this.#most} notifications waited to be read: the oldest were dropped`);
    this.#items.splice(0, this.#items.length - Math.ceil(this.#most / 2), {
      kind: "gap",
      channel: this.#channel,
      error,
    });
  }

  take(): Notification | undefined {
    return this.#items.shift();
  }

  wake(): void {
    this.#wake?.();
  }

  readonly arrival: () => Coroutine<void> = coroutine(function* arrival(this: Inbox): CoroutineBody<void> {
    yield* fromCallback<void>((reply) => {
      this.#wake = () => reply.succeed(undefined);
      return undefined;
    }, `a notification on ${this.#channel}`);
    this.#wake = undefined;
  }).bind(this);
}

const opened = coroutine(function* opened(
  settings: Settings,
  login: Login,
  channel: string,
  inbox: Inbox,
): CoroutineBody<Session> {
  const link = yield* openLink(settings, login);
  let listening = false;
  try {
    link.onNotification = (name, payload) => inbox.add({ kind: "message", channel: name, payload });
    const connection = new Connection(link, settings);
    connection.onLost = () => inbox.wake();
    const session = new Session(connection);
    yield* session.control(`listen ${quotedName(channel)}`);
    listening = true;
    return session;
  } finally {
    if (!listening) link.destroy();
  }
});

/** Tries until it is there again. Errors other than that the server can't be reached are for the reader. */
const openedAgain = coroutine(function* openedAgain(
  settings: Settings,
  login: Login,
  channel: string,
  inbox: Inbox,
): CoroutineBody<Session> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return yield* opened(settings, login, channel, inbox);
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code !== undefined && FINAL.has(code)) throw error;
      yield* sleep(pause * (0.5 + Math.random() / 2));
    }
  }
});

/** A wrong password, no access, no such database: waiting does not help. */
const FINAL: ReadonlySet<string> = new Set(["28P01", "28000", "3D000"]);

const isThere = coroutine(function* isThere(session: Session): CoroutineBody<void> {
  const answer = yield* moveOnAfter(session.settings.connectTimeout, function* () {
    try {
      return yield* session.control("select 1");
    } catch {
      return undefined;
    }
  });
  if (answer === undefined) session.connection.link.destroy();
});

export const notifications: (
  settings: Settings,
  login: Login,
  channel: string,
  options: ListenOptions,
) => Stream<Notification> = stream(function* listen(
  settings: Settings,
  login: Login,
  channel: string,
  { onListening, buffer = 10_000 }: ListenOptions,
): Generator<Suspension | Notification, void, unknown> {
  const inbox = new Inbox(channel, buffer);
  let session = yield* opened(settings, login, channel, inbox);
  try {
    onListening?.();
    for (;;) {
      for (let item = inbox.take(); item; item = inbox.take()) yield item;
      if (session.lost) {
        session = yield* openedAgain(settings, login, channel, inbox);
        onListening?.();
        const error = new Error(`the connection to PostgreSQL at ${settings.address} was lost`);
        yield { kind: "gap", channel, error };
      } else {
        const came = yield* moveOnAfter(CHECK, function* () {
          yield* inbox.arrival();
          return true;
        });
        if (came === undefined) yield* isThere(session);
      }
    }
  } finally {
    yield* shield(closed(session));
  }
});

/** The connection was for this alone. */
const closed = coroutine(function* closed(session: Session): CoroutineBody<void> {
  const { link } = session.connection;
  yield* moveOnAfter(
    session.settings.grace,
    fromCallback<void>((reply) => {
      link.close(() => reply.succeed(undefined));
      return undefined;
    }, "goodbye"),
  );
  link.destroy();
});
