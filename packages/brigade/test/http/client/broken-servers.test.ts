/** Servers that break the connection or HTTP: each ends the request with the error that says so, and leaves the client whole. */
import { coroutine, type CoroutineBody, gather } from "brigade";
import {
  type Client,
  ConnectionLostError,
  HeadersTooLargeError,
  HTTPError,
  HTTPTimeoutError,
  ProtocolError,
} from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, eventually, expectWorks, textOf, withClient } from "../nothing-left.ts";
import { startProgram } from "../start-program.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

interface Case {
  readonly claim: string;
  readonly path: string;
  readonly error: new (...args: never[]) => Error;
  readonly says: RegExp;
}

const cases: readonly Case[] = [
  {
    claim: "a reset before the head",
    path: "/reset/before-head",
    error: ConnectionLostError,
    says: /broke before it answered/,
  },
  {
    claim: "a reset in the head",
    path: "/reset/in-head",
    error: ConnectionLostError,
    says: /broke before it answered/,
  },
  {
    claim: "a reset in the body",
    path: "/reset/in-body",
    error: ConnectionLostError,
    says: /in the middle of the body/,
  },
  {
    claim: "a close before the head",
    path: "/closes/before-head",
    error: ConnectionLostError,
    says: /before it answered/,
  },
  { claim: "a close in the head", path: "/closes/in-head", error: ConnectionLostError, says: /before it answered/ },
  {
    claim: "a close before as many bytes as content-length says",
    path: "/closes/content-length",
    error: ConnectionLostError,
    says: /in the middle of the body/,
  },
  {
    claim: "a close before the last chunk",
    path: "/closes/chunked",
    error: ConnectionLostError,
    says: /in the middle of the body/,
  },
  {
    claim: "a close inside a chunk",
    path: "/closes/in-chunk",
    error: ConnectionLostError,
    says: /in the middle of the body/,
  },
  { claim: "bytes that are not HTTP", path: "/broken/garbage", error: ProtocolError, says: /not HTTP/ },
  { claim: "another protocol's greeting", path: "/broken/ssh", error: ProtocolError, says: /not HTTP/ },
  { claim: "a status that is no number", path: "/broken/status-line", error: ProtocolError, says: /not HTTP/ },
  { claim: "a status below 100", path: "/broken/status-low", error: ProtocolError, says: /status is 20/ },
  { claim: "status 101 without an upgrade", path: "/broken/status-101", error: ProtocolError, says: /not HTTP/ },
  { claim: "an unknown version of HTTP", path: "/broken/version", error: ProtocolError, says: /not HTTP/ },
  { claim: "a chunk size that is no number", path: "/broken/chunk-size", error: ProtocolError, says: /not HTTP/ },
  { claim: "a chunk size beyond counting", path: "/broken/chunk-huge", error: ProtocolError, says: /not HTTP/ },
  { claim: "a chunk longer than its size", path: "/broken/chunk-end", error: ProtocolError, says: /not HTTP/ },
  { claim: "a space in a header's name", path: "/broken/header-name", error: ProtocolError, says: /not HTTP/ },
  { claim: "a null in a header's value", path: "/broken/header-value", error: ProtocolError, says: /not HTTP/ },
  { claim: "a content-length that is a word", path: "/broken/length-word", error: ProtocolError, says: /not HTTP/ },
  { claim: "a negative content-length", path: "/broken/length-negative", error: ProtocolError, says: /not HTTP/ },
  { claim: "two content-lengths", path: "/broken/two-lengths", error: ProtocolError, says: /not HTTP/ },
  {
    claim: "both content-length and chunks",
    path: "/broken/length-and-chunked",
    error: ProtocolError,
    says: /not HTTP/,
  },
  { claim: "an endless header", path: "/headers/endless", error: HeadersTooLargeError, says: /over .*maxHeaderBytes/ },
  { claim: "a huge header", path: "/headers/huge", error: HeadersTooLargeError, says: /over .*maxHeaderBytes/ },
  { claim: "headers without end", path: "/headers/many", error: HeadersTooLargeError, says: /over .*maxHeaderBytes/ },
  { claim: "interim answers without end", path: "/interim/flood", error: ProtocolError, says: /interim/ },
  { claim: "a switch of protocols that nobody asked for", path: "/upgrade", error: ProtocolError, says: /./ },
];

describe("each ends the request with its own error, and nothing is left", () => {
  test.each(cases)("$claim", async ({ path, error, says }) => {
    const url = `${server.origin}${path}`;
    await withClient({ retry: false, timeouts: { total: "5s" } }, function* (client) {
      const thrown = yield* errorOf(textOf(client, url));
      expect(thrown).toBeInstanceOf(error);
      expect(thrown.constructor.name).toBe(error.name);
      expect(thrown.message.startsWith(`GET ${url}: `), thrown.message).toBe(true);
      expect(thrown.message).toMatch(says);
      yield* expectWorks(client, server);
    });
    await eventually(() => expect(server.sockets.size).toBe(0));
  });
});

test("2,000 answers that are mangled at random end with an answer or an error of the client, and leave nothing", async () => {
  const program = startProgram("mangled-answers.ts", []);
  const { waiting, sockets, ...counts } = JSON.parse(await program.line()) as Record<string, number>;
  expect({ waiting, sockets }).toEqual({ waiting: 0, sockets: 0 });
  const {
    answered = 0,
    ProtocolError: mangled = 0,
    ConnectionLostError: lost = 0,
    DecompressionError: coded = 0,
  } = counts;
  expect(Math.min(answered, mangled, lost, coded), JSON.stringify(counts)).toBeGreaterThan(20);
  for (const name of Object.keys(counts)) expect(name).toMatch(/^[A-Za-z]+$/);
}, 60_000);

test("a body that is longer than announced is cut there, and what follows answers no request", async () => {
  await withClient({ retry: false }, function* (client) {
    expect(yield* textOf(client, `${server.origin}/too-much`)).toBe("ok");
    for (let i = 0; i < 5; i++) yield* expectWorks(client, server);
  });
});

test("a few interim answers are passed over", async () => {
  await withClient({ retry: false }, function* (client) {
    expect(yield* textOf(client, `${server.origin}/interim/few`)).toBe("ok");
  });
});

test("a head of just under maxHeaderBytes comes through", async () => {
  await withClient({ retry: false, maxHeaderBytes: 300_000 }, function* (client) {
    using response = yield* client.get(`${server.origin}/headers/huge`);
    expect(response.headers.get("x-huge")).toHaveLength(200_000);
    expect(yield* response.text()).toBe("ok");
  });
});

test("what came of a body before the reset can be read piece by piece, and then the error comes", async () => {
  await withClient({ retry: false }, function* (client) {
    const response = yield* client.get(`${server.origin}/reset/in-body`);
    const lines = response.chunks();
    const first = yield* lines.next();
    expect(first.done === true ? "" : new TextDecoder().decode(first.value)).toBe("the beginning");
    const thrown = yield* errorOf(lines.next());
    expect(thrown).toBeInstanceOf(ConnectionLostError);
    yield* expectWorks(client, server);
  });
});

test("errors know their request, their attempts and the system's code", async () => {
  await withClient({ retry: 1, timeouts: { total: "5s" } }, function* (client) {
    const url = `${server.origin}/reset/before-head`;
    const thrown = yield* errorOf(client.get(url));
    expect(thrown).toBeInstanceOf(HTTPError);
    expect(thrown).toMatchObject({ request: { method: "GET", url }, attempts: 2 });
    expect((thrown as ConnectionLostError).code).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(thrown).not.toBeInstanceOf(HTTPTimeoutError);
  });
});

test("a password in the URL is in no error", async () => {
  await withClient({ retry: false }, function* (client) {
    const url = `${server.origin.replace("//", "//me:secret@")}/reset/before-head`;
    const thrown = yield* errorOf(client.get(url));
    expect(thrown.message).not.toContain("secret");
    expect(JSON.stringify(thrown)).not.toContain("secret");
  });
});

const mixed = coroutine(function* (client: Client, path: string): CoroutineBody<string> {
  try {
    return yield* textOf(client, `${server.origin}${path}`);
  } catch (error) {
    return (error as Error).constructor.name;
  }
});

test("broken answers at the same time as good ones do not touch the good ones", async () => {
  await withClient({ retry: false, limits: { connections: 6 } }, function* (client) {
    const paths = Array.from({ length: 120 }, (_, i) =>
      i % 3 === 0 ? (cases[(i / 3) % 21]?.path ?? "") : `/status/200?body=${i}`,
    );
    const answers = yield* gather(paths.map((path) => mixed(client, path)));
    answers.forEach((answer, i) =>
      expect(answer, paths[i]).toBe(i % 3 === 0 ? cases[(i / 3) % 21]?.error.name : String(i)),
    );
  });
});
