/** The words in which hosts tell that a fetch failed, as they were seen there, and what the client is told. */
import { expect, test } from "vitest";
import { browserFailure, fetchFailure } from "../../../src/http/transport/fetch-failures.ts";

const request = { method: "GET", url: "http://127.0.0.1:9/" };

function failure(message: string, code?: string, cause?: Error): Error {
  const error = new TypeError(message, { cause });
  return code === undefined ? error : Object.assign(error, { code });
}

const kindOf = (error: Error & { readonly code?: unknown }): string =>
  typeof error.code === "string" ? error.code : error.name;

const node = (message: string, code?: string): Error => failure("fetch failed", undefined, failure(message, code));
const deno = (message: string): Error => failure("fetch failed", undefined, failure(message));

const seen: readonly (readonly [string, Error, string])[] = [
  ["node: refused", node("connect ECONNREFUSED 127.0.0.1:9", "ECONNREFUSED"), "ECONNREFUSED"],
  ["node: unknown host", node("getaddrinfo ENOTFOUND no-such-host.invalid", "ENOTFOUND"), "ENOTFOUND"],
  ["node: a body that does not decompress", node("incorrect header check", "Z_DATA_ERROR"), "DecodingFailure"],
  ["bun: refused", failure("ECONNREFUSED: Unable to connect.", "ECONNREFUSED"), "ECONNREFUSED"],
  ["bun, older: refused", failure("Unable to connect.", "ConnectionRefused"), "ECONNREFUSED"],
  ["bun, older: closed", failure("The socket connection was closed unexpectedly.", "ConnectionClosed"), "ECONNRESET"],
  ["bun, older: no connection", failure("Was there a typo in the url or port?", "FailedToOpenSocket"), "ConnectError"],
  ["bun: not HTTP", failure("Malformed_HTTP_Response fetching …", "Malformed_HTTP_Response"), "ProtocolError"],
  ["bun: a body that does not decompress", failure("ZlibError fetching …", "ZlibError"), "DecodingFailure"],
  [
    "bun: a certificate that is not trusted",
    failure("self signed", "DEPTH_ZERO_SELF_SIGNED_CERT"),
    "DEPTH_ZERO_SELF_SIGNED_CERT",
  ],
  ["deno: refused", deno("error sending request: client error (Connect): tcp connect error"), "ConnectError"],
  [
    "deno: closed",
    deno("client error (SendRequest): connection closed before message completed"),
    "ConnectionLostError",
  ],
];

test.each(seen)("%s", (_name, error, kind) => {
  expect(kindOf(fetchFailure(error, request, false))).toBe(kind);
});

test("a failure that says nothing of itself is a lost connection: the request may have been seen", () => {
  const told = fetchFailure(failure("error reading a body from connection"), request, true);
  expect(told.name).toBe("ConnectionLostError");
  expect(told.message).toContain("in the middle of the body: error reading a body from connection");
});

test("an error of the client's own, and one thrown by a fetch function that throws no Error, are told as such", () => {
  const own = fetchFailure("out of paper", request, false);
  expect(own.message).toContain("out of paper");
  expect(fetchFailure(own, request, false)).toBe(own);
});

test("what Bun says of its own fetch is left out", () => {
  const hint = " For more information, pass `verbose: true` in the second argument to fetch()";
  for (const code of ["ECONNRESET", "Malformed_HTTP_Response"]) {
    const told = fetchFailure(failure(`It closed.${hint}`, code), request, false);
    expect(told.message).toMatch(/It closed\.$/);
  }
});

test("a browser's silence is explained", () => {
  const told = browserFailure(failure("Failed to fetch"), request, false);
  expect(told.name).toBe("ConnectionLostError");
  expect(told.message).toMatch(/Failed to fetch.*console.*CORS/);
});
