/** The body as text: lines however they are torn, charsets, and JSON with the place of its error. */
import { collect, coroutine, type CoroutineBody } from "brigade";
import { BodyTooLargeError, type Client, InvalidJSONError, type RequestOptions } from "brigade/http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileServer } from "../hostile-server.ts";
import { errorOf, expectIdle, expectWorks, textOf, withClient } from "../nothing-left.ts";

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
