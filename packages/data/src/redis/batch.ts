/** Commands that are sent together: as they are, or as a transaction. */
import { type Awaitable, type CallbackReply, fromCallback, type StopCallback } from "brigade";
import { QueryError } from "../errors.ts";
import { blocks } from "./blocking/forms.ts";
import type { Connection } from "./connection.ts";
import { WatchError } from "./errors.ts";
import { isReplyError } from "./failures.ts";
import type { Sending } from "./line.ts";
import type { Queued, QueuedCommandSet, Results } from "./types.ts";

export type BatchKind = "pipeline" | "multi";
/** Collects commands; gives the ones whose results are wanted. */
export type Build<Q extends readonly Queued<unknown>[]> = (commands: QueuedCommandSet) => Q;
/** What a batch is sent with. */
export type Sender = (send: Sending, reply: CallbackReply<never>) => StopCallback;

type Outcome = readonly [error: Error | null | undefined, value?: unknown];

/** Stands for the result of one command, and knows its place. */
class Place {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** Takes commands down, whatever they are called. */
export class Recorder {
  readonly commands: unknown[][] = [];

  record(name: string, args: unknown[]): Place {
    if (blocks(name, args)) throw new TypeError(`redis: ${name} would make all others wait: it can't be queued`);
    return new Place(this.commands.push([name, ...args]) - 1);
  }
}

/** Waits until all were run, and gives the results that were asked for. */
export function batch<const Q extends readonly Queued<unknown>[]>(
  kind: BatchKind,
  build: Build<Q>,
  sender: Sender,
): Awaitable<Results<Q>> {
  return fromCallback<Results<Q>>((reply) => {
    const recorder = new Recorder();
    const wanted = build(recorder as unknown as QueuedCommandSet);
    if (!Array.isArray(wanted))
      throw new TypeError(`redis: the function given to ${kind} gives an array of its commands`);
    const { commands } = recorder;
    if (commands.length === 0) {
      reply.succeed([] as unknown as Results<Q>);
      return undefined;
    }
    const settled: CallbackReply<readonly Outcome[]> = {
      succeed: (outcomes) =>
        reply.succeed(
          outcomes && (wanted.map((place: unknown) => outcomes[(place as Place).index]?.[1]) as Results<Q>),
        ),
      fail: (error) => reply.fail(error),
    };
    return sender((connection, later) => sendBatch(kind, connection, commands, later), settled);
  }, `redis ${kind}`);
}

function sendBatch(
  kind: BatchKind,
  connection: Connection,
  commands: unknown[][],
  reply: CallbackReply<never>,
): StopCallback {
  let spare: (() => void) | undefined;
  const answered = (answer: () => readonly Outcome[]): void => {
    connection.release();
    spare?.();
    try {
      reply.succeed((spare ? undefined : answer()) as never);
    } catch (error) {
      reply.fail(error);
    }
  };
  connection.hold();
  const client = connection.client;
  const sent = kind === "multi" ? client.multi(commands) : client.pipeline(commands);
  sent.exec().then(
    (outcomes) => answered(() => checked(kind, connection, commands, outcomes)),
    (error: Error) => answered(() => refuse(connection, kind, error)),
  );
  return () => {
    spare = connection.giveGrace(kind);
  };
}

function refuse(connection: Connection, kind: BatchKind, error: Error): never {
  const { previousErrors } = error as { previousErrors?: Error[] };
  throw connection.failure(previousErrors?.[0] ?? error, kind);
}

function checked(
  kind: BatchKind,
  connection: Connection,
  commands: unknown[][],
  outcomes: readonly Outcome[] | null,
): readonly Outcome[] {
  if (outcomes === null)
    throw new WatchError("redis: a watched key was changed by somebody else: nothing of the transaction was run");
  const failed = outcomes.findIndex(([error]) => error);
  if (failed === -1) return outcomes;
  const error = outcomes[failed]?.[0] as Error;
  const name = String(commands[failed]?.[0]);
  if (!isReplyError(error)) throw connection.failure(error, kind);
  const { message, code, cause } = connection.failure(error, name) as QueryError;
  throw new QueryError(
    `${message} [command ${failed + 1} of ${commands.length} of a ${kind}; the others were run]`,
    code,
    {
      cause,
      details: { command: name, index: String(failed) },
    },
  );
}
