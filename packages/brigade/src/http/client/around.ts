/** What stands around an attempt where somebody asked for it: waiting for the limits, hooks, cookies, asking for a token. */
import { TimeoutError } from "../../errors.ts";
import { timeoutAt } from "../../scope/timeout.ts";
import { awaitableOf } from "../../task/body.ts";
import { coroutine } from "../../task/coroutine.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import { sleep } from "../../task/sleep.ts";
import type { Awaitable, AwaitableLike, CoroutineBody, TimeoutScope } from "../../types.ts";
import { InvalidRequestError, PoolTimeout, TotalTimeout } from "../errors.ts";
import type { Lease } from "../limits/limits.ts";
import type { RetryInfo } from "../types.ts";
import type { Call } from "./call.ts";
import { withoutHeader } from "./request.ts";
import type { ResponseImpl } from "./response.ts";
import type { Session } from "./session.ts";

/** Waits until the limits let the request start. */
export const enter: (session: Session, call: Call) => Awaitable<Lease> = /* @__PURE__ */ coroutine(function* enter(
  session: Session,
  call: Call,
): CoroutineBody<Lease> {
  const began = session.loop.time();
  const { pool } = call.timeouts;
  const entering = session.limits.enter(call.url.host);
  const until = Math.min(began + pool, call.totalAt);
  session.inLine++;
  try {
    return yield* whileOpen(session, call, until, entering);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    if (until === call.totalAt) throw totalTimeout(call, "it was waiting for the limits");
    const advice = "raise limits, or make fewer requests at once";
    throw new PoolTimeout(`the limits did not let it start within ${pool} ms (timeouts.pool): ${advice}`, call.info);
  } finally {
    session.inLine--;
    call.waited += session.loop.time() - began;
  }
});

/** Waits until a time for something that has to do with no exchange: closing the client ends it. */
const whileOpen = /* @__PURE__ */ coroutine(function* wait<T>(
  session: Session,
  call: Call,
  until: number,
  body: Awaitable<T>,
): CoroutineBody<T> {
  let scope: TimeoutScope | undefined;
  try {
    return yield* timeoutAt(until, (own) => {
      scope = own;
      session.waits.add(own);
      return body;
    });
  } catch (error) {
    throw session.closed && error instanceof TimeoutError ? session.closedError(call.info) : error;
  } finally {
    if (scope !== undefined) session.waits.delete(scope);
  }
});

/** Waits before the next attempt, in milliseconds. */
export const backOff: (session: Session, call: Call, delay: number) => Awaitable<void> = /* @__PURE__ */ coroutine(
  function* backOff(session: Session, call: Call, delay: number): CoroutineBody<void> {
    call.waited += delay;
    yield* whileOpen(session, call, Infinity, sleep(delay));
  },
);

function totalTimeout(call: Call, stage: string): TotalTimeout {
  return new TotalTimeout(`not done within ${call.timeouts.total} ms (timeouts.total); ${stage}`, call.info);
}

/** What a hook gave, waited for if it can be, no longer than the call may take. */
const waitFor = /* @__PURE__ */ coroutine(function* hook(
  session: Session,
  call: Call,
  what: unknown,
  stage: string,
): CoroutineBody<unknown> {
  const waits = typeof what === "object" && what !== null && (Symbol.iterator in what || "then" in what);
  if (!waits) return what;
  const awaitable = awaitableOf(what as AwaitableLike<unknown>, "hook");
  if (call.totalAt === Infinity) return yield* awaitable;
  try {
    return yield* timeoutAt(call.totalAt, awaitable);
  } catch (error) {
    throw error instanceof TimeoutError && session.loop.time() >= call.totalAt ? totalTimeout(call, stage) : error;
  }
});

/** The headers of this attempt: with a token, with cookies, as the hooks leave them. */
export const beforeSending: (session: Session, call: Call) => Awaitable<readonly string[]> = /* @__PURE__ */ coroutine(
  function* prepare(session: Session, call: Call): CoroutineBody<readonly string[]> {
    let headers: readonly string[] = call.headers;
    if (call.auth !== undefined) {
      const value = yield* waitFor(session, call, call.auth(call.info), "it was waiting for auth");
      if (typeof value !== "string") {
        throw new InvalidRequestError(`auth gave ${typeof value}: give the value of Authorization`, call.info);
      }
      headers = [...withoutHeader(headers, "authorization"), "authorization", value];
    }
    if (session.cookies !== undefined && !headers.includes("cookie")) {
      const cookie = yield* new PromiseLeaf(session.cookies.getCookieString(call.url.href));
      if (cookie !== "") headers = [...headers, "cookie", cookie];
    }
    const hooks = session.settings.options.hooks?.request;
    if (hooks === undefined) return headers;
    const changed = new Headers();
    for (let i = 0; i < headers.length; i += 2) changed.append(headers[i] as string, headers[i + 1] as string);
    const outgoing = { method: call.method, url: new URL(call.url), headers: changed, attempt: call.attempts + 1 };
    for (const hook of hooks) yield* waitFor(session, call, hook(outgoing), "it was waiting for a request hook");
    return [...changed].flat();
  },
);

/** What is done with every response once its head is there. */
export const afterHead: (session: Session, call: Call, response: ResponseImpl) => Awaitable<void> =
  /* @__PURE__ */ coroutine(function* received(
    session: Session,
    call: Call,
    response: ResponseImpl,
  ): CoroutineBody<void> {
    const { cookies } = session;
    if (cookies !== undefined) {
      for (const cookie of response.headers.getSetCookie()) {
        yield* new PromiseLeaf(cookies.setCookie(cookie, response.url, { ignoreError: true }));
      }
    }
    for (const hook of session.settings.options.hooks?.response ?? []) {
      yield* waitFor(session, call, hook(response), "it was waiting for a response hook");
    }
  });

export const beforeRetry: (session: Session, call: Call, info: RetryInfo) => Awaitable<void> =
  /* @__PURE__ */ coroutine(function* retrying(session: Session, call: Call, info: RetryInfo): CoroutineBody<void> {
    for (const hook of session.settings.options.hooks?.retry ?? []) {
      yield* waitFor(session, call, hook(info), "it was waiting for a retry hook");
    }
  });
