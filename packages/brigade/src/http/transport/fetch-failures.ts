/** What a fetch rejects with, in every host's words, as something that the client has a class for. */
import { ConnectError, ConnectionLostError, isHTTPError, ProtocolError } from "../errors.ts";
import type { RequestInfo } from "../types.ts";
import { DecodingFailure } from "./failure.ts";

/** Codes that some versions of Bun give, by those of the system. */
const systemCodes: Readonly<Record<string, string | undefined>> = {
  ConnectionRefused: "ECONNREFUSED",
  ConnectionClosed: "ECONNRESET",
  ConnectionReset: "ECONNRESET",
};

const malformed = /^(Malformed_HTTP|InvalidHTTPResponse|HTTPParser)/;
const undecodable = /^(Z_|ERR_BROTLI|ERR__ERROR_|ZSTD_|ZlibError|Brotli|Zstd)/i;
/** Hyper's word, in Deno, for what failed before anything was sent. */
const neverConnected = /client error \(Connect\)|^FailedToOpenSocket$/;

interface Coded extends Error {
  readonly code: string;
}

/** The error and its causes, outermost first. Hosts wrap what happened in one or two layers. */
function layersOf(error: Error): readonly Error[] {
  const layers: Error[] = [];
  for (let layer: unknown = error; layer instanceof Error && layers.length < 5; layer = layer.cause) layers.push(layer);
  return layers;
}

/** Bun tells how to call fetch, which whoever uses the client does not call. */
const advertisement = / For more information, pass `verbose: true` in the second argument to fetch\(\)$/;

/** The same failure in the system's words. */
function plain(error: Coded): Error {
  const code = systemCodes[error.code] ?? error.code;
  const message = error.message.replace(advertisement, "");
  if (code === error.code && message === error.message) return error;
  return Object.assign(new Error(message, { cause: error }), { code });
}

/** A failure of the fetch; `answered`, whether the head of the response had come. */
export function fetchFailure(error: unknown, request: RequestInfo, answered: boolean): Error {
  if (isHTTPError(error)) return error;
  if (!(error instanceof Error)) return new ConnectionLostError(String(error), request, { cause: error });
  const layers = layersOf(error);
  const coded = layers.find((layer): layer is Coded => typeof (layer as Partial<Coded>).code === "string");
  const said = (layers.at(-1) ?? error).message.replace(advertisement, "");
  const kind = coded?.code ?? layers.at(-1)?.name ?? "";
  if (malformed.test(kind)) {
    return new ProtocolError(`what the server sent is not HTTP: ${said}`, request, { cause: error });
  }
  if (undecodable.test(kind)) return new DecodingFailure(`the body does not decompress: ${said}`, { cause: error });
  if (neverConnected.test(kind) || neverConnected.test(said)) {
    return new ConnectError(`no connection: ${said}`, request, { cause: error });
  }
  if (coded !== undefined) return plain(coded);
  const when = answered ? "the connection broke in the middle of the body" : "no answer came";
  return new ConnectionLostError(`${when}: ${said}`, request, { cause: error });
}

/** A browser tells a page nothing of why a request failed, so that the page can't look around in a network. */
export function browserFailure(error: unknown, request: RequestInfo, answered: boolean): Error {
  if (answered || isHTTPError(error) || !(error instanceof TypeError)) return fetchFailure(error, request, answered);
  const why = "no connection, a certificate that is not trusted, or a server that does not let this page ask it (CORS)";
  const text = `no answer came (${error.message}). The browser's console says more; it may be ${why}`;
  return new ConnectionLostError(text, request, { cause: error });
}
