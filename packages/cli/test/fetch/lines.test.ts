/** What a line of the output says of each way that a URL can end. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TestServer } from "../servers.ts";
import { type Line, linesOf, Workplace } from "./command.ts";

async function linesFor(urls: readonly string[], ...args: string[]): Promise<Line[]> {
  using place = new Workplace();
  const { stdout } = await place.fetch(["-", "--quiet", "--retries", "0", ...args], { stdin: `${urls.join("\n")}\n` });
  return linesOf(stdout).toSorted((a, b) => a.index - b.index);
}

function sha256(text: string | Buffer): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

test("a response with its status, times, size, type, digest and body", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/items/7")]);
  const { timing, ...rest } = line as Line;
  expect(rest).toEqual({
    index: 0,
    url: server.url("/items/7"),
    status: 200,
    ok: true,
    attempts: 1,
    bytes: 6,
    contentType: "text/plain",
    digest: sha256("item 7"),
    body: "item 7",
  });
  expect(Object.keys(timing)).toEqual(["waiting", "connect", "response", "body", "total"]);
  expect(timing.total).toBeGreaterThan(0);
});

test("an error status is a failure, with its body", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/status/404")]);
  expect(line).toMatchObject({
    status: 404,
    ok: false,
    error: { class: "HTTPStatusError", message: "404 Not Found" },
    body: "status 404",
  });
});

test("a redirect that was followed, with where it led", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/redirect/items/1")]);
  expect(line).toMatchObject({
    url: server.url("/redirect/items/1"),
    finalUrl: server.url("/items/1"),
    attempts: 1,
    body: "item 1",
  });
});

test("a body that is not UTF-8 comes as base64, unchanged", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/bytes/5")]);
  expect(line?.body).toBeUndefined();
  expect(Buffer.from(line?.bodyBase64 ?? "", "base64")).toEqual(Buffer.alloc(5, 0xff));
});

test("a body that was compressed comes as it was before", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/gzip/x")]);
  expect(line).toMatchObject({ body: "zipped x", bytes: 8 });
});

test("an empty body is an empty text, without a digest", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/text/0")]);
  expect(line).toMatchObject({ ok: true, bytes: 0, body: "" });
  expect(line).not.toHaveProperty("digest");
});

const notUrls: Readonly<Record<string, string>> = {
  "example.com/page": "example.com/page has no scheme: write https://example.com/page",
  "localhost:3000/x": "localhost:3000/x has no scheme: write https://localhost:3000/x",
  "[::1]:80/": "[::1]:80/ has no scheme: write https://[::1]:80/",
  "//example.com/": "//example.com/ has no scheme: write https://example.com/",
  "ftp://example.com/": 'the scheme "ftp:" is not HTTP\'s: only http: and https: can be fetched',
  "http://": '"http://" is not a valid URL: write one as in https://example.com/page',
  "mailto:me@example.com": '"mailto:me@example.com" is not a valid URL: write one as in https://example.com/page',
  "what is this": '"what is this" is not a valid URL: write one as in https://example.com/page',
};

test("a line that is no URL is told what is wrong with it", async () => {
  const lines = await linesFor(Object.keys(notUrls));
  expect(Object.fromEntries(lines.map(({ url, error }) => [url, error?.message]))).toEqual(notUrls);
  for (const line of lines)
    expect(line).toMatchObject({ ok: false, attempts: 0, error: { class: "InvalidRequestError" } });
});

test("a host that nobody knows, and one that refuses, each have a line with class, message and code", async () => {
  const lines = await linesFor(["http://nowhere.invalid/", "http://127.0.0.1:1/"]);
  expect(lines[0]?.error).toMatchObject({ class: "ConnectError" });
  expect(lines[0]?.error?.code).toMatch(/ENOTFOUND|EAI_AGAIN/);
  expect(lines[1]?.error).toMatchObject({ class: "ConnectError", code: "ECONNREFUSED" });
});

test("a connection that breaks in the middle of the body, with the status that had come", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/half")]);
  expect(line).toMatchObject({ status: 200, ok: false, attempts: 1, error: { class: "ConnectionLostError" } });
});

test("a body over --max-bytes", async () => {
  await using server = await TestServer.start();
  const lines = await linesFor([server.url("/text/1000"), server.url("/text/1001")], "--max-bytes", "1000");
  expect(lines[0]).toMatchObject({ ok: true, bytes: 1000 });
  expect(lines[1]).toMatchObject({ ok: false, error: { class: "BodyTooLargeError" } });
});

test("an attempt that takes longer than --timeout, with the time it took", async () => {
  await using server = await TestServer.start();
  const [line] = await linesFor([server.url("/silence")], "--timeout", "100ms");
  expect(line).toMatchObject({ ok: false, attempts: 1, error: { class: "AttemptTimeout" } });
  expect(line?.timing.total).toBeGreaterThanOrEqual(100);
});

test("one result per URL, whatever the lines look like: BOM, CRLF, blank lines, comments, spaces, no end", async () => {
  await using server = await TestServer.start();
  const [one, two, three] = [1, 2, 3].map((i) => server.url(`/items/${i}`));
  using place = new Workplace();
  place.write("urls.txt", `\uFEFF${one}\r\n\r\n# a comment\r\n  ${two}  \n\t\n${three}`);
  const { stdout, exitCode } = await place.fetch(["urls.txt", "--quiet", "--ordered"]);
  expect(linesOf(stdout).map(({ index, url }) => [index, url])).toEqual([
    [0, one],
    [1, two],
    [2, three],
  ]);
  expect(exitCode).toBe(0);
});

test("a URL that is longer than a line may be fails alone", async () => {
  await using server = await TestServer.start();
  const lines = await linesFor([server.url("/items/1"), `http://x/${"y".repeat(300_000)}`, server.url("/items/2")]);
  expect(lines.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(lines[1]?.error?.message).toBe("the line is longer than 65536 bytes: each line holds one URL");
  expect(lines[1]?.url.length).toBeLessThan(300);
});

test("an input without URLs is a run without lines, and no failure", async () => {
  using place = new Workplace();
  expect(await place.fetch(["-", "--quiet"], { stdin: "# nothing\n\n" })).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: "",
  });
});

test("an input in UTF-16 is told how to convert it", async () => {
  using place = new Workplace();
  writeFileSync(`${place.path}/urls.txt`, Buffer.from("\uFEFFhttp://x/\n", "utf16le"));
  expect(await place.fetch(["urls.txt", "--quiet"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "brigade fetch: the input is UTF-16: write it as UTF-8, for instance with `iconv -f utf-16 -t utf-8`\n",
  });
});
