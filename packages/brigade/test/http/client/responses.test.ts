/** What a response gives: its head, and its body in five ways, once, within maxBytes. */
import { collect, coroutine, type CoroutineBody, forEach, sleep } from "brigade";
import {
  BodyTooLargeError,
  BodyUnavailableError,
  type Client,
  type ClientResponse,
  HTTPStatusError,
  InvalidJSONError,
  type RequestOptions,
} from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, eventually, expectIdle, expectWorks, textOf, withClient } from "../nothing-left.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A URL whose body comes in these pieces; each may be percent-encoded. */
function inPieces(pieces: readonly string[], type = "text/plain"): string {
  const query = pieces.map((piece) => `piece=${piece}`).join("&");
  return `${server.origin}/pieces?type=${encodeURIComponent(type)}&${query}`;
}

const linesOf = coroutine(function* (client: Client, url: string, options?: RequestOptions): CoroutineBody<string[]> {
  const response = yield* client.get(url, options);
  return yield* collect(response.lines());
});

describe("lines", () => {
  const cases: readonly {
    readonly claim: string;
    readonly pieces: readonly string[];
    readonly lines: readonly string[];
  }[] = [
    { claim: "end with LF or CRLF, also at the end", pieces: ["a%0Ab%0D%0Ac%0A"], lines: ["a", "b", "c"] },
    { claim: "may lack the last end", pieces: ["a%0Ab"], lines: ["a", "b"] },
    { claim: "may be empty", pieces: ["%0A%0D%0A%0Aa%0A%0A"], lines: ["", "", "", "a", ""] },
    { claim: "keep a CR that stands alone", pieces: ["a%0Db%0Ac"], lines: ["a\rb", "c"] },
    { claim: "with CR and LF in two pieces", pieces: ["a%0D", "%0Ab%0D", "%0A"], lines: ["a", "b"] },
    { claim: "with a character in two pieces", pieces: ["gr%C3", "%BCn%0A%E2%82", "%AC"], lines: ["grün", "€"] },
    { claim: "with a character of four bytes in four pieces", pieces: ["%F0", "%9F", "%98", "%80%0A"], lines: ["😀"] },
    {
      claim: "torn into single bytes",
      pieces: [..."ab%0Ac%0A".matchAll(/%..|./g)].map(([piece]) => piece),
      lines: ["ab", "c"],
    },
    { claim: "of an empty body are none", pieces: [""], lines: [] },
    { claim: "with a byte order mark before them", pieces: ["%EF%BB", "%BFa%0Ab"], lines: ["a", "b"] },
    { claim: "cut inside a character show that", pieces: ["a%0Ab%C3"], lines: ["a", "b\ufffd"] },
  ];
  test.each(cases)("$claim", async ({ pieces, lines }) => {
    await withClient({ retry: false }, function* (client) {
      expect(yield* linesOf(client, inPieces(pieces))).toEqual(lines);
    });
  });

  test("come as they come, not when the body has ended", async () => {
    await withClient({ retry: false, timeouts: { total: "5s" } }, function* (client) {
      const response = yield* client.get(`${server.origin}/drip/body?every=1`);
      const lines = response.chunks();
      expect((yield* lines.next()).done).toBe(false);
      yield* lines.close();
      expectIdle(client);
    });
  });

  test("are bounded one by one: an endless line ends with BodyTooLargeError", async () => {
    await withClient({ retry: false }, function* (client) {
      const error = yield* errorOf(linesOf(client, `${server.origin}/endless`, { maxBytes: 500_000 }));
      expect(error).toBeInstanceOf(BodyTooLargeError);
      yield* expectWorks(client, server);
    });
  });

  test("left early, the exchange ends, and the server is told", async () => {
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(
        inPieces(["a%0A", "b%0A", "c%0A", ...Array.from({ length: 200 }, () => "d%0A")]),
      );
      for (const lines = response.lines(); ; ) {
        const { value } = yield* lines.next();
        if (value !== "b") continue;
        yield* lines.close();
        break;
      }
      expectIdle(client);
      yield* expectWorks(client, server);
    });
  });
});

describe("charsets", () => {
  const cases = [
    { type: "text/plain; charset=latin1", bytes: "gr%FCn", text: "grün" },
    { type: "text/plain;charset=ISO-8859-1", bytes: "%E9", text: "é" },
    { type: 'text/plain; charset="windows-1252"', bytes: "%80", text: "€" },
    { type: "text/plain; charset=utf-16le", bytes: "a%00%AC%20", text: "a€" },
    { type: "text/plain; charset=Shift_JIS", bytes: "%82%A0", text: "あ" },
    { type: "text/plain; charset=nobody-knows", bytes: "%C3%BC", text: "ü" },
    { type: "text/plain", bytes: "%C3%BC%FF", text: "ü\ufffd" },
    { type: "text/plain", bytes: "%EF%BB%BFa", text: "a" },
  ];
  test.each(cases)("$type: $bytes is $text, whole and in lines", async ({ type, bytes, text }) => {
    const url = inPieces(
      [...bytes.matchAll(/%..|./g)].map(([piece]) => piece),
      type,
    );
    await withClient({ retry: false }, function* (client) {
      expect(yield* textOf(client, url)).toBe(text);
      expect(yield* linesOf(client, url)).toEqual([text]);
    });
  });
});

describe("JSON", () => {
  const jsonOf = coroutine(function* (client: Client, text: string): CoroutineBody<unknown> {
    using response = yield* client.get(`${server.origin}/status/200`, {
      query: { body: text, "content-type": "application/json" },
    });
    return yield* response.json();
  });

  test.each(['{"a":[1,2.5e3,null,"ü\\n"]}', "0", '"text"', " [] ", "\ufeff{}"])("%s is read", async (text) => {
    await withClient({ retry: false }, function* (client) {
      expect(yield* jsonOf(client, text)).toEqual(JSON.parse(text.replace("\ufeff", "")));
    });
  });

  const bad = [
    { claim: "a trailing comma", text: '{"a": 1,}', position: 8, line: 1, column: 9 },
    { claim: "the third line", text: '{\n  "a": 1,\n  "b": oops\n}', position: 19, line: 3, column: 8 },
    { claim: "CRLF", text: "[1,\r\n2,\r\n]", position: 9, line: 3, column: 1 },
    { claim: "the end", text: '{"a": [1, 2', position: 11, line: 1, column: 12 },
    { claim: "an empty body", text: "", position: 0, line: 1, column: 1 },
    { claim: "an HTML page", text: "<!doctype html>", position: 0, line: 1, column: 1 },
    { claim: "something behind", text: "{} {}", position: 3, line: 1, column: 4 },
    { claim: "a raw line break in a string", text: '["a\nb"]', position: 3, line: 1, column: 4 },
    { claim: "a wrong escape", text: '["\\x"]', position: 2, line: 1, column: 3 },
    { claim: "single quotes", text: "{'a': 1}", position: 1, line: 1, column: 2 },
    { claim: "a leading zero", text: "[01]", position: 2, line: 1, column: 3 },
    { claim: "NaN", text: "[NaN]", position: 1, line: 1, column: 2 },
  ];
  test.each(bad)("$claim: the error says where", async ({ text, position, line, column }) => {
    await withClient({ retry: false }, function* (client) {
      const error = yield* errorOf(jsonOf(client, text));
      expect(error).toBeInstanceOf(InvalidJSONError);
      expect(error).toMatchObject({ position, line, column });
      expect(error.cause).toBeInstanceOf(SyntaxError);
      expect(error.message).toMatch(/^GET http:.*: the body is not JSON/);
      expect(error.message).toContain(`line ${line}, column ${column} (position ${position})`);
      expect(error.message).toMatch(text === "" ? /empty/ : /near/);
      yield* expectWorks(client, server);
    });
  });

  test("a string of ten million characters that does not end is refused like a short one", async () => {
    await withClient({ retry: false }, function* (client) {
      const echo = yield* client.post(`${server.origin}/mirror`, { body: `"${"x".repeat(10_000_000)}` });
      const error = yield* errorOf(echo.json());
      expect(error).toBeInstanceOf(InvalidJSONError);
      expect(error).toMatchObject({ position: 10_000_001, line: 1 });
      expect(error.message.length).toBeLessThan(500);
    });
  });

  test("nesting of a hundred thousand is an error or a value, never a crash", async () => {
    await withClient({ retry: false }, function* (client) {
      const echo = yield* client.post(`${server.origin}/mirror`, { body: "[".repeat(100_000) });
      expect(yield* errorOf(echo.json())).toBeInstanceOf(InvalidJSONError);
    });
  });
});

describe("maxBytes", () => {
  const cases: readonly {
    readonly claim: string;
    readonly path: string;
    readonly read: (response: ClientResponse) => ReturnType<ClientResponse["bytes"]>;
  }[] = [
    { claim: "bytes, announced", path: "/sized/5000000", read: (response) => response.bytes() },
    { claim: "bytes, without end", path: "/endless", read: (response) => response.bytes() },
    { claim: "text, announced", path: "/sized/5000000", read: (response) => response.text() as never },
    { claim: "json, without end", path: "/endless", read: (response) => response.json() as never },
    {
      claim: "chunks, announced",
      path: "/sized/5000000",
      read: (response) => forEach(response.chunks(), () => {}) as never,
    },
    {
      claim: "chunks, without end",
      path: "/endless",
      read: (response) => forEach(response.chunks(), () => {}) as never,
    },
    {
      claim: "lines, announced",
      path: "/sized/5000000",
      read: (response) => forEach(response.lines(), () => {}) as never,
    },
  ];
  test.each(cases)("$claim: the error says the bound, and little of it has come", async ({ path, read }) => {
    server.counts.delete("bytes");
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(server.origin + path, { maxBytes: 100_000 });
      const error = yield* errorOf(read(response));
      expect(error).toBeInstanceOf(BodyTooLargeError);
      expect((error as BodyTooLargeError).maxBytes).toBe(100_000);
      expect(error.message).toContain(`GET ${server.origin}${path}: the body is over 100000 bytes (maxBytes)`);
      yield* expectWorks(client, server);
    });
    // What lies in the buffers of both sockets is sent, and no more.
    expect(server.counts.get("bytes")).toBeLessThan(path === "/endless" ? 20_000_000 : 5_000_001);
  });

  test("just as many bytes as maxBytes are accepted", async () => {
    await withClient({ retry: false, maxBytes: 100_000 }, function* (client) {
      using response = yield* client.get(`${server.origin}/sized/100000`);
      expect(yield* response.bytes()).toHaveLength(100_000);
      const error = yield* errorOf(textOf(client, `${server.origin}/sized/100001`));
      expect(error).toBeInstanceOf(BodyTooLargeError);
    });
  });
});

describe("without a body", () => {
  test.each(["/bodiless/204", "/bodiless/304"])(
    "%s reads as empty in every way, and the connection stays",
    async (path) => {
      await withClient({ retry: false }, function* (client) {
        const accepted = server.accepted;
        const ways: readonly ((response: ClientResponse) => Generator<never, unknown> | CoroutineBody<unknown>)[] = [
          (response) => response.text()[Symbol.iterator]() as CoroutineBody<unknown>,
          (response) => response.bytes()[Symbol.iterator]() as CoroutineBody<unknown>,
          (response) => collect(response.lines())[Symbol.iterator]() as CoroutineBody<unknown>,
          (response) => collect(response.chunks())[Symbol.iterator]() as CoroutineBody<unknown>,
        ];
        for (const way of ways) {
          const response = yield* client.get(server.origin + path);
          expect(yield* coroutine(() => way(response) as CoroutineBody<unknown>)()).toHaveLength(0);
        }
        expect(server.accepted - accepted).toBeLessThanOrEqual(2);
        const none = yield* client.get(server.origin + path);
        const error = yield* errorOf(none.json());
        expect(error).toBeInstanceOf(InvalidJSONError);
        expect(error.message).toMatch(/empty/);
      });
    },
  );

  test("HEAD has the length of what it would be, and no body", async () => {
    await withClient({ retry: false, maxBytes: 10 }, function* (client) {
      using response = yield* client.head(`${server.origin}/sized/5000`);
      expect(response.headers.get("content-length")).toBe("5000");
      expect(yield* response.text()).toBe("");
      yield* expectWorks(client, server);
    });
  });
});

describe("the body comes once", () => {
  test("a second reading throws BodyUnavailableError", async () => {
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(`${server.origin}/ok`);
      expect(yield* response.text()).toBe("ok");
      for (const again of [response.text(), response.json(), response.bytes(), collect(response.lines())]) {
        const error = yield* errorOf(again);
        expect(error).toBeInstanceOf(BodyUnavailableError);
        expect(error.message).toMatch(/read already/);
      }
    });
  });

  test("after close there is none, and closing again does nothing", async () => {
    await withClient({ retry: false }, function* (client) {
      const response = yield* client.get(`${server.origin}/endless`);
      response.close();
      response.close();
      const error = yield* errorOf(response.text());
      expect(error).toBeInstanceOf(BodyUnavailableError);
      expect(error.message).toMatch(/closed/);
      expectIdle(client);
      const whole = yield* client.get(`${server.origin}/ok`);
      yield* sleep(30); // the body has come
      whole.close();
      expect((yield* errorOf(whole.text())).message).toMatch(/closed/);
    });
    await eventually(() => expect(server.sockets.size).toBe(0));
  });

  test("`using` ends what was not read", async () => {
    await withClient({ retry: false }, function* (client) {
      {
        using response = yield* client.get(`${server.origin}/endless`);
        expect(response.ok).toBe(true);
        expect(client.inFlight).toBe(1);
      }
      expectIdle(client);
    });
  });
});

describe("status", () => {
  test("raiseForStatus gives the response itself when it is ok, and else throws what the server said", async () => {
    await withClient({ retry: false }, function* (client) {
      using fine = yield* client.get(`${server.origin}/ok`);
      expect(fine.raiseForStatus()).toBe(fine);
      const url = `${server.origin}/status/404`;
      const response = yield* client.get(url, { query: { body: "no such order" } });
      expect([response.ok, response.status, response.statusText]).toEqual([false, 404, "Not Found"]);
      expect(() => response.raiseForStatus()).toThrow(HTTPStatusError);
      try {
        response.raiseForStatus();
      } catch (error) {
        expect(error).toMatchObject({ status: 404, body: "no such order", attempts: 1, request: { method: "GET" } });
        expect((error as Error).message).toBe(`GET ${url}?body=no+such+order: 404 Not Found: no such order`);
      }
      expect(yield* response.text(), "the body can be read all the same").toBe("no such order");
    });
  });

  test("of a long body the error carries the first 2 kB", async () => {
    await withClient({ retry: false, raiseForStatus: true }, function* (client) {
      const body = "0123456789".repeat(1_000);
      const error = yield* errorOf(client.post(`${server.origin}/mirror?status=422`, { body }));
      expect(error).toBeInstanceOf(HTTPStatusError);
      expect((error as HTTPStatusError).body).toBe(body.slice(0, 2_048));
      expect(error.message.length).toBeLessThan(500);
      yield* expectWorks(client, server);
    });
  });

  test("an error whose body never comes is there soon all the same", async () => {
    await withClient({ retry: false, raiseForStatus: true, timeouts: { total: "5s" } }, function* (client) {
      const error = yield* errorOf(client.get(`${server.origin}/stalls?status=500`));
      expect(error).toBeInstanceOf(HTTPStatusError);
      expect((error as HTTPStatusError).body).toBe("the beginning");
      yield* expectWorks(client, server);
    });
  });

  test("of 204, 304, 200 and 299 the ok ones are those from 200 to 299", async () => {
    await withClient({ retry: false, raiseForStatus: false }, function* (client) {
      const oks: boolean[] = [];
      for (const status of [200, 204, 299, 304, 400])
        oks.push((yield* client.get(`${server.origin}/status/${status}`)).ok);
      expect(oks).toEqual([true, true, true, false, false]);
    });
  });
});

test("timing splits the time, and the parts are within the whole", async () => {
  await withClient({ retry: false }, function* (client) {
    const response = yield* client.get(`${server.origin}/slow/60`);
    expect(yield* response.text()).toBe("slow");
    const { waiting, connect, response: answer, body, total } = response.timing;
    expect(answer).toBeGreaterThan(40);
    for (const part of [waiting, connect, answer, body]) expect(part).toBeGreaterThanOrEqual(0);
    expect(connect + answer + body).toBeLessThanOrEqual(total + 1);
    yield* sleep(20);
    expect(response.timing.total, "it stands still at the end").toBe(total);
  });
});

test("header fields that come several times are all there", async () => {
  await withClient({ retry: false }, function* (client) {
    using response = yield* client.get(`${server.origin}/set-cookie?cookie=a%3D1&cookie=b%3D2`);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("Content-Length")).toBe("3");
  });
});
