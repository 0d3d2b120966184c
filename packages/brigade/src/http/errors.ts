/** What goes wrong with an HTTP request. Each error says what happened, to which request, and what can be done. */
import { TimeoutError } from "../errors.ts";
import type { RequestInfo, Timing } from "./types.ts";

/** Of every error of the client but the timeouts, which are `HTTPTimeoutError`: `isHTTPError` knows both. */
export class HTTPError extends Error {
  override readonly name: string = "HTTPError";
  readonly request: RequestInfo;
  /** How many attempts were made, this one included. 0: it was never sent. */
  attempts = 0;
  /** Where the time went; undefined when it was never sent. */
  timing: Timing | undefined;

  constructor(message: string, request: RequestInfo, options?: ErrorOptions) {
    super(`${request.method} ${shown(request.url)}: ${message}`, options);
    this.request = request;
  }
}

/** A URL without its password, and not endless. */
export function shown(url: string): string {
  const clean = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, "$1***@");
  return clean.length > 300 ? `${clean.slice(0, 300)}…` : clean;
}

/** The response's status says that it failed. Thrown by `raiseForStatus`. */
export class HTTPStatusError extends HTTPError {
  override readonly name: string = "HTTPStatusError";
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** The first 2 kB of the body, as text. */
  readonly body: string;

  constructor(
    response: {
      readonly status: number;
      readonly statusText: string;
      readonly headers: Headers;
      readonly request: RequestInfo;
      readonly attempts: number;
    },
    body: string,
  ) {
    const start = body.length > 200 ? `${body.slice(0, 200)}…` : body;
    super(`${response.status} ${response.statusText}`.trimEnd() + (start === "" ? "" : `: ${start}`), response.request);
    this.status = response.status;
    this.statusText = response.statusText;
    this.headers = response.headers;
    this.attempts = response.attempts;
    this.body = body;
  }
}

/** The request can't be sent as it is: a bad URL, an unknown scheme, a header or a body that HTTP has no place for. */
export class InvalidRequestError extends HTTPError {
  override readonly name: string = "InvalidRequestError";
}

/** A redirect that is not followed. */
export class RedirectError extends HTTPError {
  override readonly name: string = "RedirectError";
  /** Where it pointed. */
  readonly location: string;

  constructor(message: string, request: RequestInfo, location: string) {
    super(message, request);
    this.location = location;
  }
}
/** A redirect loop, or a chain that is too long. */
export class TooManyRedirectsError extends RedirectError {
  override readonly name: string = "TooManyRedirectsError";
}
/** A redirect from https to http. */
export class InsecureRedirectError extends RedirectError {
  override readonly name: string = "InsecureRedirectError";
}

/** No connection: unknown host, refused, unreachable, no descriptor left, a certificate that is not trusted. */
export class ConnectError extends HTTPError {
  override readonly name: string = "ConnectError";
  /** Of the system: ENOTFOUND, ECONNREFUSED, EMFILE, … */
  readonly code: string | undefined;

  constructor(message: string, request: RequestInfo, options?: ErrorOptions & { readonly code?: string | undefined }) {
    super(message, request, options);
    this.code = options?.code;
  }
}
/** The connection broke, or was closed before the response was whole. */
export class ConnectionLostError extends HTTPError {
  override readonly name: string = "ConnectionLostError";
  readonly code: string | undefined;

  constructor(message: string, request: RequestInfo, options?: ErrorOptions & { readonly code?: string | undefined }) {
    super(message, request, options);
    this.code = options?.code;
  }
}
/** What the server sent is not HTTP. */
export class ProtocolError extends HTTPError {
  override readonly name: string = "ProtocolError";
}
/** The response's head is over `maxHeaderBytes`. */
export class HeadersTooLargeError extends ProtocolError {
  override readonly name: string = "HeadersTooLargeError";
}

/** The body is over `maxBytes`. */
export class BodyTooLargeError extends HTTPError {
  override readonly name: string = "BodyTooLargeError";
  readonly maxBytes: number;

  constructor(message: string, request: RequestInfo, maxBytes: number) {
    super(message, request);
    this.maxBytes = maxBytes;
  }
}
/** The body does not decompress, or to absurdly much. */
export class DecompressionError extends HTTPError {
  override readonly name: string = "DecompressionError";
}
/** The body was read already, given up, or closed. */
export class BodyUnavailableError extends HTTPError {
  override readonly name: string = "BodyUnavailableError";
}
/** The body is not JSON. */
export class InvalidJSONError extends HTTPError {
  override readonly name: string = "InvalidJSONError";
  /** Where, in characters from the start; undefined where the parser does not say. */
  readonly position: number | undefined;
  /** 1 for the first. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(
    message: string,
    request: RequestInfo,
    place: { readonly position: number; readonly line: number; readonly column: number } | undefined,
    options?: ErrorOptions,
  ) {
    super(message, request, options);
    this.position = place?.position;
    this.line = place?.line;
    this.column = place?.column;
  }
}

/** A part of a request took longer than its bound. */
export class HTTPTimeoutError extends TimeoutError {
  override readonly name: string = "HTTPTimeoutError";
  readonly request: RequestInfo;
  attempts = 0;
  timing: Timing | undefined;

  constructor(message: string, request: RequestInfo) {
    super(`${request.method} ${shown(request.url)}: ${message}`);
    this.request = request;
  }
}
export class PoolTimeout extends HTTPTimeoutError {
  override readonly name: string = "PoolTimeout";
}
export class ConnectTimeout extends HTTPTimeoutError {
  override readonly name: string = "ConnectTimeout";
}
export class WriteTimeout extends HTTPTimeoutError {
  override readonly name: string = "WriteTimeout";
}
export class ReadTimeout extends HTTPTimeoutError {
  override readonly name: string = "ReadTimeout";
}
export class AttemptTimeout extends HTTPTimeoutError {
  override readonly name: string = "AttemptTimeout";
}
export class TotalTimeout extends HTTPTimeoutError {
  override readonly name: string = "TotalTimeout";
}

/** Whether it is an error of the HTTP client. */
export function isHTTPError(error: unknown): error is HTTPError | HTTPTimeoutError {
  return error instanceof HTTPError || error instanceof HTTPTimeoutError;
}
