/** Dead letters: jobs that have failed for the last time, and wait for somebody to look. */
import { type Stream, stream } from "brigade";
import { decode } from "../codec.ts";
import type { Broker } from "../engine/engine.ts";
import type { RemoteError } from "../errors.ts";
import { failureOf } from "../perform/failure.ts";
import { keyOf } from "../perform/key-of.ts";

export interface DeadLetter {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly key: string | undefined;
  /** Of the last attempt. */
  readonly error: RemoteError;
  readonly attempts: number;
  readonly failedAt: Date;
}

export const deadLettersOf: (broker: Broker) => Stream<DeadLetter> = /* @__PURE__ */ stream(function* deadLetters(
  broker: Broker,
) {
  const letters = broker.deadLetters();
  try {
    for (let next = yield* letters.next(); !next.done; next = yield* letters.next()) {
      const { id, payload, error: text, failedAt } = next.value;
      const { attempts, ...error } = failureOf(text);
      const letter: DeadLetter = {
        id,
        task: payload.task,
        args: decode(payload.args) as readonly unknown[],
        key: keyOf(payload),
        error,
        attempts,
        failedAt: new Date(failedAt),
      };
      yield letter;
    }
  } finally {
    yield* letters.close();
  }
});
