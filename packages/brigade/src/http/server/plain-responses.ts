/** What the server answers itself: plain text, with nothing of the program in it. */
import { CancelledError } from "../../errors.ts";

const TEXTS = {
  400: "Bad Request",
  413: "Content Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

export function plain(status: keyof typeof TEXTS, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${TEXTS[status]}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

/** RFC 9110, 15.6.4. A 504 would say that a server behind this one was slow. */
export function serviceUnavailable(retryAfter: string): Response {
  return plain(503, { "retry-after": retryAfter });
}

/** A request was cancelled while promise code, such as a framework, waited for its coroutine. */
class RequestCancelledError extends CancelledError {
  /** Frameworks ask an error for its response before they log it. Nobody gets this one. */
  getResponse(): Response {
    return new Response(null, { status: 499 });
  }
}

export function requestCancelled(name: string): Error {
  return new RequestCancelledError(`${name} was cancelled`);
}
