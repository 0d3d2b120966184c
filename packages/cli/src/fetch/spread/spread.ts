/** `brigade fetch --engine`: the requests are made by workers on other machines, and this one keeps the list and the limits. */
import { type Awaitable, type CoroutineBody, race, sleep, use } from "brigade";
import { EngineError, engineFrom, MissingDriverError, workers } from "@brigade/workers";
import type { Meter } from "../meter/meter.ts";
import type { FetchOptions } from "../options.ts";
import { FetchStop } from "../stop.ts";
import { SpreadTransport } from "./transport.ts";
import { fetchQueue } from "./wire.ts";

/** How long an answer is kept that nobody takes. A run that goes on after a crash asks again. */
const kept = "1m";
const lookEvery = 10_000; // milliseconds between looks whether anybody answers

/** Runs the body with a transport, and closes the engine after it. */
export function* spread<T>(
  options: FetchOptions & { readonly engine: string },
  body: (transport: SpreadTransport) => Awaitable<T>,
): CoroutineBody<T> {
  const { proxy, http2, timeout, connectTimeout, maxBytes } = options;
  const settings = { proxy, http2, timeout, connectTimeout, maxBytes };
  try {
    const engine = engineFrom(options.engine);
    return yield* use(workers({ engine, queue: fetchQueue, keep: kept }), (workers) =>
      body(new SpreadTransport(workers, settings)),
    );
  } catch (error) {
    if (!(error instanceof EngineError) && !(error instanceof MissingDriverError)) throw error;
    throw new FetchStop(`--engine: ${error.message}`, { cause: error });
  }
}

/** Says, while the body runs, that requests wait and nobody answers them. */
export function* watched<T>(
  transport: SpreadTransport,
  engine: string,
  meter: Meter,
  body: Awaitable<T>,
): CoroutineBody<T> {
  const watch = function* watch(): CoroutineBody<never> {
    for (;;) {
      const { answers } = transport;
      yield* sleep(lookEvery);
      if (transport.waiting > 0 && transport.answers === answers)
        meter.notice(
          `no worker has answered for 10 s: start one with  brigade worker --fetch --engine ${shown(engine)}`,
        );
    }
  };
  return yield* race([body, watch()]);
}

/** A password is nobody's to see who looks over a shoulder. */
function shown(engine: string): string {
  if (!URL.canParse(engine)) return engine;
  const url = new URL(engine);
  if (url.password !== "") url.password = "***";
  return url.href;
}
