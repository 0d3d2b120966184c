/**
 * The attempts of a call: each let in by the limits and carried by the transport, until there is a response to give.
 * Whatever is thrown, and wherever the caller is cancelled, the exchange is over and its lease given back.
 */
import { moveOnAfter } from "../../scope/timeout.ts";
import { coroutine } from "../../task/coroutine.ts";
import type { Awaitable, CoroutineBody } from "../../types.ts";
import {
  BodyUnavailableError,
  ConnectionLostError,
  type HTTPError,
  type HTTPTimeoutError,
  isHTTPError,
  RedirectError,
} from "../errors.ts";
import { afterHead, backOff, beforeRetry, beforeSending, enter } from "./around.ts";
import type { Call } from "./call.ts";
import { AHEAD, Exchange } from "./exchange.ts";
import { isUnsent, mayPass } from "./failures.ts";
import { joined } from "./reading.ts";
import { ResponseImpl } from "./response.ts";
import type { Session } from "./session.ts";

/** Of the body of a response that says of an error. */
const ERROR_BODY = 2_048;
/** How long its beginning is waited for. */
const ERROR_BODY_WAIT = 1_000;
/** Connections that a request may find closed: each was kept from before, and is gone then. */
const MOST_RESENT = 10;
/** Requests that may be sent twice without harm (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** Tries until there is a response, or nothing to hope for. */
export const tries: (session: Session, call: Call) => Awaitable<ResponseImpl> = /* @__PURE__ */ coroutine(
  function* tries(session: Session, call: Call): CoroutineBody<ResponseImpl> {
    for (let retried = 0; ; retried++) {
      let response: ResponseImpl | undefined;
      let failure: Error | undefined;
      try {
        response = yield* attempt(session, call);
        if (response.status < 400) return response;
      } catch (error) {
        failure = error as Error;
        if (isHTTPError(failure)) mark(failure, call);
      }
      const delay = delayOf(session, call, retried, response, failure);
      if (delay === undefined) {
        if (response === undefined) throw failure;
        return response;
      }
      response?.discard();
      const info = { request: call.info, attempt: call.attempts, delay, status: response?.status, error: failure };
      if (session.settings.options.hooks?.retry) yield* beforeRetry(session, call, info);
      yield* backOff(session, call, delay);
    }
  },
);

/** Milliseconds until the next attempt; undefined when the outcome of this one stands. */
function delayOf(
  session: Session,
  call: Call,
  retried: number,
  response: ResponseImpl | undefined,
  failure: Error | undefined,
): number | undefined {
  if (call.body?.once) return undefined;
  const facts = {
    method: call.method,
    keyed: call.keyed,
    status: response?.status,
    retryAfter: response?.header("retry-after"),
    retryable: failure !== undefined && mayPass(failure),
    unsent: isUnsent(failure),
    retried,
    now: Date.now(),
  };
  const decision = session.retries.decide(facts, call.options.retry);
  if ("refused" in decision) return undefined;
  // Where no time would be left for another attempt, what is known now says more than a timeout later.
  return session.loop.time() + decision.delay >= call.totalAt ? undefined : decision.delay;
}

/** What an error knows of its call. */
export function mark(error: HTTPError | HTTPTimeoutError, call: Call): void {
  error.attempts = call.attempts;
  error.timing = call.timing;
}

/** One exchange, up to a response whose head is there. */
const attempt = /* @__PURE__ */ coroutine(function* attempt(session: Session, call: Call): CoroutineBody<ResponseImpl> {
  const prepares = session.prepares || call.auth !== undefined;
  const headers = prepares ? yield* beforeSending(session, call) : call.headers;
  for (let resent = 0; ; resent++) {
    const lease = session.limits.tryEnter(call.url.host) ?? (yield* enter(session, call));
    if (session.closed) {
      lease.release("unknown");
      throw session.closedError(call.info);
    }
    if (resent === 0) call.attempts++;
    const { method, url, info, body } = call;
    const sent = { method, url, headers, body: body?.bytes, connectTimeout: call.timeouts.connect };
    const { transport, live, loop } = session;
    const exchange = new Exchange(transport, sent, info, call.timeouts, call.totalAt, lease, live, loop);
    call.exchange = exchange;
    let given = false;
    try {
      yield* exchange.arrival("head");
      if (exchange.response === undefined) {
        if (resent < MOST_RESENT && isStale(exchange, call)) continue;
        throw exchange.failure;
      }
      const response = responseTo(session, call, exchange);
      if (response.status >= 400 || session.completes) yield* completing(session, call, exchange, response);
      given = true;
      return response;
    } finally {
      if (!given) exchange.abort(new BodyUnavailableError("the request was given up", info));
    }
  }
});

/** A server may close a connection at the moment that it is used again: that says nothing of the request (RFC 9112, 9.3.1). */
function isStale(exchange: Exchange, call: Call): boolean {
  const closed = exchange.reused && exchange.failure instanceof ConnectionLostError;
  return closed && IDEMPOTENT.has(call.method) && !call.body?.once;
}

/** The response to an exchange whose head has come. */
function responseTo(session: Session, call: Call, exchange: Exchange): ResponseImpl {
  if (exchange.response?.url !== undefined) checkFollowed(session, call, exchange.response.url);
  return new ResponseImpl(exchange, call.info, call.url.href, {
    redirects: call.redirects,
    attempts: call.attempts,
    waited: call.waited,
    called: call.called,
    maxBytes: call.options.maxBytes ?? session.settings.options.maxBytes,
  });
}

/** What there is to wait for before such a response is given: the start of an error's body, cookies, hooks. */
const completing = /* @__PURE__ */ coroutine(function* receive(
  session: Session,
  call: Call,
  exchange: Exchange,
  response: ResponseImpl,
): CoroutineBody<void> {
  if (response.status >= 400) {
    exchange.want(ERROR_BODY);
    yield* moveOnAfter(ERROR_BODY_WAIT, exchange.arrival("rest"));
    response.errorBody = response.decoder.decode(joined(exchange.chunks).subarray(0, ERROR_BODY));
    exchange.want(AHEAD);
  }
  yield* afterHead(session, call, response);
});

/** A host that followed a redirect by itself, as browsers do, can't be asked for anything else. */
function checkFollowed(session: Session, call: Call, url: string): void {
  const redirect = call.options.redirect ?? session.settings.options.redirect ?? "follow";
  if (redirect === "follow" || url === call.info.url) return;
  throw new RedirectError(
    `this host followed a redirect by itself to ${url}: it can't keep redirect: "${redirect}"`,
    call.info,
    url,
  );
}
