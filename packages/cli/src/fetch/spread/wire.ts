/** What travels between the `brigade fetch` that has the list and the workers that fetch: one request, one answer. */
import {
  AttemptTimeout,
  BodyTooLargeError,
  ConnectError,
  ConnectionLostError,
  ConnectTimeout,
  DecompressionError,
  HeadersTooLargeError,
  HTTPError,
  InvalidRequestError,
  ProtocolError,
  ReadTimeout,
  WriteTimeout,
} from "brigade/http";
import type { RequestInfo, ResponseHead } from "brigade/http";

/** Where the jobs of `brigade fetch` wait. */
export const fetchQueue = "brigade-fetch";

/** How a worker makes its requests. Workers keep a client for each that they meet. */
export interface WireSettings {
  readonly proxy: string | undefined;
  readonly http2: boolean;
  /** Milliseconds, of one attempt, from when a worker has taken it. */
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly maxBytes: number;
}

/** One attempt: no redirect is followed, nothing is tried again. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
  readonly settings: WireSettings;
}

export interface WireFailure {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

/** The body's content encoding is undone. A failure with a head came in the middle of the body. */
export type WireAnswer =
  | { readonly head: ResponseHead; readonly body: Uint8Array }
  | { readonly head: ResponseHead | undefined; readonly failure: WireFailure };

/** The method and the URL that messages of the client begin with: whoever rebuilds the error puts them there again. */
const prefix = /^[A-Z]+ \S+: /;

export function failureOnWire(error: unknown): WireFailure {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), code: undefined };
  const { code } = error as NodeJS.ErrnoException;
  return {
    name: error.name,
    message: error.message.replace(prefix, ""),
    code: typeof code === "string" ? code : undefined,
  };
}

const plain = {
  InvalidRequestError,
  ProtocolError,
  HeadersTooLargeError,
  DecompressionError,
  ConnectTimeout,
  ReadTimeout,
  WriteTimeout,
  AttemptTimeout,
} as const;

/** The error as the client would have thrown it here, so that it is tried again where that one would be. */
export function failureFromWire({ name, message, code }: WireFailure, request: RequestInfo, maxBytes: number): Error {
  if (name === "ConnectError") return new ConnectError(message, request, { code });
  if (name === "ConnectionLostError") return new ConnectionLostError(message, request, { code });
  if (name === "BodyTooLargeError") return new BodyTooLargeError(message, request, maxBytes);
  const known = Object.hasOwn(plain, name) ? plain[name as keyof typeof plain] : HTTPError;
  return new known(message, request);
}
