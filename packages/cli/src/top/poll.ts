/** Asks a program how it is, again and again. One question is under way at a time: a busy program is not asked twice. */
import { type Coroutine, coroutine, fromPromise, gather } from "brigade";
import type { CallName, CallParams, CallValue } from "brigade/trace";
import type { Attached } from "../attach/attached.ts";
import type { Picture, TopState } from "./state.ts";

/** The answer. Throws AttachError. A question that nobody waits for any longer ends unheard. */
export const ask: <C extends CallName>(program: Attached, call: C, params: CallParams<C>) => Coroutine<CallValue<C>> =
  coroutine(function* ask<C extends CallName>(program: Attached, call: C, params: CallParams<C>) {
    const answer = program.call(call, params).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const outcome = yield* fromPromise(answer);
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  });

export const picture: (program: Attached, state: TopState) => Coroutine<Picture> = coroutine(function* picture(
  program: Attached,
  state: TopState,
) {
  const [stats, page, cycles] = yield* gather([
    ask(program, "stats", {}),
    ask(program, "tasks", state.query),
    ask(program, "cycles", {}),
  ]);
  return { stats, page, cycles };
});
