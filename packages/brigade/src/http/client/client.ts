/** The client's calls: a request, and where it is redirected, until there is a response to give. */
import { InvalidStateError } from "../../errors.ts";
import { awaitableOf } from "../../task/body.ts";
import { coroutine } from "../../task/coroutine.ts";
import { PromiseLeaf } from "../../task/promise.ts";
import type { Awaitable, Coroutine, CoroutineBody } from "../../types.ts";
import { isHTTPError, RedirectError } from "../errors.ts";
import type { Client, ClientResponse, HostState, RequestOptions } from "../types.ts";
import { mark, tries } from "./attempts.ts";
import { Call } from "./call.ts";
import { bodyGone, checkTrail, hopOf, isRedirect } from "./redirects.ts";
import type { ResponseImpl } from "./response.ts";
import type { Session } from "./session.ts";

const DEFAULT_REDIRECTS = 10;
const NO_OPTIONS: RequestOptions = {};

export class HTTPClient implements Client {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  request(method: string, url: string | URL, options: RequestOptions = NO_OPTIONS): Coroutine<ClientResponse> {
    return request(this.#session, method, url, options);
  }

  get(url: string | URL, options: RequestOptions = NO_OPTIONS): Coroutine<ClientResponse> {
    return request(this.#session, "GET", url, options);
  }

  head(url: string | URL, options: RequestOptions = NO_OPTIONS): Coroutine<ClientResponse> {
    return request(this.#session, "HEAD", url, options);
  }

  post(url: string | URL, options: RequestOptions = NO_OPTIONS): Coroutine<ClientResponse> {
    return request(this.#session, "POST", url, options);
  }

  put(url: string | URL, options: RequestOptions = NO_OPTIONS): Coroutine<ClientResponse> {
    return request(this.#session, "PUT", url, options);
  }

  patch(url: string | URL, options: RequestOptions = NO_OPTIONS): Coroutine<ClientResponse> {
    return request(this.#session, "PATCH", url, options);
  }

  delete(url: string | URL, options: RequestOptions = NO_OPTIONS): Coroutine<ClientResponse> {
    return request(this.#session, "DELETE", url, options);
  }

  get inFlight(): number {
    return this.#session.live.size;
  }

  get waiting(): number {
    return this.#session.inLine;
  }

  hosts(): HostState[] {
    return this.#session.limits.hosts();
  }

  close(): Awaitable<void> {
    return close(this.#session);
  }
}

const close = /* @__PURE__ */ coroutine(function* close(session: Session): CoroutineBody<void> {
  session.end();
  yield* awaitableOf(session.transport.close(), "close");
});

const request = /* @__PURE__ */ coroutine(function* request(
  session: Session,
  method: string,
  url: string | URL,
  options: RequestOptions,
): CoroutineBody<ClientResponse> {
  if (session.closed) throw new InvalidStateError("the client is closed: make requests inside use(createClient(), …)");
  const call = new Call(session.settings, session.loop, method, url, options);
  if (call.pendingBody) call.receive(yield* new PromiseLeaf(call.pendingBody));
  session.retries.began(options.retry);
  for (;;) {
    const response = yield* tries(session, call);
    if (isRedirect(response.status) && follow(session, call, response)) continue;
    return session.settings.options.raiseForStatus === true ? raising(response) : response;
  }
});

function raising(response: ResponseImpl): ResponseImpl {
  try {
    return response.raiseForStatus();
  } catch (error) {
    response.close();
    throw error;
  }
}

/** Turns the call to where the response redirects it; false when the response itself is to be given. */
function follow(session: Session, call: Call, response: ResponseImpl): boolean {
  const location = response.header("location");
  const { options } = session.settings;
  const redirect = call.options.redirect ?? options.redirect ?? "follow";
  if (location === undefined || redirect === "manual") return false;
  try {
    if (redirect === "error") {
      throw new RedirectError(`it redirects to ${location}, and redirect is "error"`, call.info, location);
    }
    const hop = hopOf(
      call.info,
      call.url,
      response.status,
      location,
      [...call.headers],
      options.insecureRedirects === true,
    );
    if (hop.keepsBody && call.body?.once) throw bodyGone(call.info, location);
    const most = call.options.maxRedirects ?? options.maxRedirects ?? DEFAULT_REDIRECTS;
    checkTrail(call.info, [...call.redirects, call.info.url], hop.url.href, most);
    call.follow(hop);
  } catch (error) {
    response.close();
    if (isHTTPError(error)) mark(error, call);
    throw error;
  }
  response.discard();
  return true;
}
