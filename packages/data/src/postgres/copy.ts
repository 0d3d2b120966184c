/** COPY both ways: bytes in from any source, bytes out as a stream, with backpressure. */
import type { Readable } from "node:stream";
import {
  type Awaitable,
  type CallbackReply,
  type CoroutineBody,
  coroutine,
  forEach,
  fromCallback,
  getRunningLoop,
  moveOnAfter,
  type Source,
  type Stream,
  shield,
  stream,
  type Suspension,
} from "brigade";
import type { Pool } from "../connections/pool.ts";
import type { Connection } from "./calls/connection.ts";
import { Session } from "./calls/session.ts";
import type { CopyInput, Copying } from "./driver/link.ts";
import { requestCancel } from "./driver/dial.ts";
import { callFailure, codeOf, QUERY_CANCELED } from "./failures.ts";
import { leave } from "./calls/session-end.ts";

const PAUSE = 20;

type Phase = "asked" | "ready" | "ended" | "failed";

/** One copy: how far it is, and who waits for it to get further. */
class Copy<Channel> implements Copying<Channel> {
  phase: Phase = "asked";
  channel: Channel | undefined;
  count = 0;
  error: unknown;
  #waiting: CallbackReply<void> | undefined;

  ready(channel: Channel): void {
    this.channel = channel;
    if (this.phase === "asked") this.phase = "ready";
    this.wake();
  }

  ended(count: number): void {
    this.phase = "ended";
    this.count = count;
    this.wake();
  }

  failed(error: unknown): void {
    this.phase = "failed";
    this.error = error;
    this.wake();
  }

  get over(): boolean {
    return this.phase === "ended" || this.phase === "failed";
  }

  readonly wake = (): void => {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.succeed(undefined);
  };

  /** Until something changes; the asker looks at what it is. Cancellation leaves at once. */
  changed(begin?: () => void): Awaitable<void> {
    return fromCallback<void>((reply) => {
      this.#waiting = reply;
      begin?.();
      return undefined;
    }, "copy");
  }
}

/** Waits until the server is ready, or has refused. */
const begun = coroutine(function* begun<C>(session: Session, copy: Copy<C>, begin: () => void): CoroutineBody<void> {
  begin();
  while (copy.phase === "asked") yield* copy.changed();
  if (copy.phase === "failed") throw callFailure(copy.error, session.settings, !session.lost);
});

/**
 * Waits for the end of what was broken off, and asks the server for it, again and again, from `patience` milliseconds on. It has
 * `grace` for it, or the connection is destroyed.
 */
const settled = coroutine(function* settled<C>(session: Session, copy: Copy<C>, patience: number): CoroutineBody<void> {
  const { settings } = session;
  const { link } = session.connection;
  const timer = getRunningLoop().callLater(settings.grace, () => {
    link.destroy();
    copy.failed(new Error("no answer")); // whatever the driver says later
  });
  for (let pause = patience; !copy.over; pause = pause * 2 + PAUSE) {
    yield* moveOnAfter(pause, untilOver(copy));
    if (copy.over) break;
    try {
      yield* moveOnAfter(settings.grace, requestCancel(settings, link.pid, link.secret));
    } catch {
      link.destroy(); // nobody can be asked
    }
  }
  timer.cancel();
});

const untilOver = coroutine(function* untilOver<C>(copy: Copy<C>): CoroutineBody<void> {
  while (!copy.over) yield* copy.changed();
});

const copyFrom = coroutine(function* copyFrom(
  pool: Pool<Connection>,
  text: string,
  source: Source<Uint8Array | string>,
): CoroutineBody<number> {
  const slot = yield* pool.acquire();
  const session = new Session(slot.connection);
  const copy = new Copy<CopyInput>();
  try {
    yield* begun(session, copy, () => session.connection.link.copyIn(text, copy));
    const input = copy.channel as CopyInput;
    yield* forEach(source, function* (chunk) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      if (!(bytes instanceof Uint8Array)) throw new TypeError(`copyFrom takes bytes or text, not ${typeof chunk}`);
      if (bytes.length > 0 && !copy.over) yield* written(copy, input, bytes);
      if (copy.phase === "failed") throw callFailure(copy.error, session.settings, !session.lost);
    });
    input.end();
    while (!copy.over) yield* copy.changed();
    if (copy.phase === "failed") throw callFailure(copy.error, session.settings, !session.lost);
    return copy.count;
  } finally {
    yield* shield(endOfInput(pool, slot, session, copy));
  }
});

const written = coroutine(function* written(
  copy: Copy<CopyInput>,
  input: CopyInput,
  bytes: Uint8Array,
): CoroutineBody<void> {
  let taken = false;
  input.write(bytes, () => {
    taken = true;
    copy.wake();
  });
  while (!taken && !copy.over) yield* copy.changed();
});

const endOfInput = coroutine(function* endOfInput(
  pool: Pool<Connection>,
  slot: Parameters<typeof leave>[1],
  session: Session,
  copy: Copy<CopyInput>,
): CoroutineBody<void> {
  if (!copy.over) {
    copy.channel?.abort("the copy was cancelled, or its source has failed");
    yield* settled(session, copy, copy.channel ? PAUSE : 0);
  }
  yield* leaving(pool, slot, session);
});

const leaving = coroutine(function* leaving(
  pool: Pool<Connection>,
  slot: Parameters<typeof leave>[1],
  session: Session,
): CoroutineBody<void> {
  // One round trip more: what is behind the end of the copy has come.
  if (!session.lost) {
    const { link } = session.connection;
    const timer = getRunningLoop().callLater(session.settings.grace, () => link.destroy());
    try {
      yield* session.control("select 1");
    } catch (error) {
      // A request to cancel that came late has hit this, and nothing else.
      if (codeOf(error) !== QUERY_CANCELED) link.destroy();
    }
    timer.cancel();
  }
  yield* leave(pool, slot, session);
});

const copyTo = stream(function* copyTo(
  pool: Pool<Connection>,
  text: string,
): Generator<Suspension | Uint8Array, void, unknown> {
  const slot = yield* pool.acquire();
  const session = new Session(slot.connection);
  const copy = new Copy<Readable>();
  try {
    yield* begun(session, copy, () => session.connection.link.copyOut(text, copy));
    const readable = copy.channel as Readable;
    readable.on("readable", copy.wake).on("end", copy.wake).on("close", copy.wake);
    for (;;) {
      const chunk = readable.read() as Uint8Array | null;
      if (chunk !== null) yield chunk;
      else if (copy.over && (copy.phase === "failed" || readable.readableEnded || readable.destroyed)) break;
      else yield* copy.changed();
    }
    if (copy.phase === "failed") throw callFailure(copy.error, session.settings, !session.lost);
  } finally {
    yield* shield(endOfOutput(pool, slot, session, copy));
  }
});

const endOfOutput = coroutine(function* endOfOutput(
  pool: Pool<Connection>,
  slot: Parameters<typeof leave>[1],
  session: Session,
  copy: Copy<Readable>,
): CoroutineBody<void> {
  if (!copy.over) {
    const { channel } = copy;
    channel?.removeAllListeners("readable").resume(); // what comes until the server has stopped is of no use
    yield* settled(session, copy, 0);
  }
  yield* leaving(pool, slot, session);
});

export interface Copies {
  /**
   * Sends rows to a table, as the server's own formats have them (text with tabs, unless the target says otherwise), and gives their number:
   * all of them or, on an error and on cancellation, none. The source is read as fast as the server takes them. `target` is what
   * stands between COPY and FROM, with its options after it: `"items (a, b)"`, `"items", "format csv"`.
   */
  copyFrom(target: string, source: Source<Uint8Array | string>, options?: string): Awaitable<number>;
  /**
   * The bytes of a table or a query, as the server's own formats have them, as they are read. `source` is what stands between COPY
   * and TO: `"items"`, `"(select a from items)"`. Left early, the server is asked to stop.
   */
  copyTo(source: string, options?: string): Stream<Uint8Array>;
}

function withOptions(options: string | undefined): string {
  return options === undefined ? "" : ` with (${options})`;
}

export function copiesOf(pool: Pool<Connection>): Copies {
  return {
    copyFrom: (target, source, options) => copyFrom(pool, `copy ${target} from stdin${withOptions(options)}`, source),
    copyTo: (source, options) => copyTo(pool, `copy ${source} to stdout${withOptions(options)}`),
  };
}
