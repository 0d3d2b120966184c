/** WARC files, read by somebody else's reader. */
import { expect, test } from "vitest";
import { TestServer } from "../servers.ts";
import { linesOf, Workplace } from "./command.ts";
import { recordsOf } from "./warc-reader.ts";

test.each(["out.warc", "out.warc.gz"])(
  "%s has a warcinfo record, and for each URL a request and a response",
  async (file) => {
    await using server = await TestServer.start();
    using place = new Workplace();
    place.write(
      "urls.txt",
      ["/items/1", "/status/404"].map((path) => server.url(path)),
    );
    const args = ["urls.txt", "--quiet", "--warc", file, "--concurrency", "1", "--header", "X-Mine: yes"];
    const lines = linesOf((await place.fetch(args)).stdout);
    const records = await recordsOf(place.bytes(file));
    expect(records.map(({ type, uri, statusLine }) => [type, uri, statusLine])).toEqual([
      ["warcinfo", "", ""],
      ["request", server.url("/items/1"), "GET /items/1 HTTP/1.1"],
      ["response", server.url("/items/1"), "HTTP/1.1 200 OK"],
      ["request", server.url("/status/404"), "GET /status/404 HTTP/1.1"],
      ["response", server.url("/status/404"), "HTTP/1.1 404 Not Found"],
    ]);
    const [, request, response] = records;
    expect(request?.headers.get("x-mine")).toBe("yes");
    expect(request?.headers.get("host")).toBe(server.host);
    expect(response?.headers.get("content-type")).toBe("text/plain");
    expect(response?.body.toString()).toBe("item 1");
    expect(response?.fields.get("warc-payload-digest")).toBe(lines[0]?.digest);
    expect(request?.fields.get("warc-concurrent-to")).toBe(response?.fields.get("warc-record-id"));
  },
);

test("a redirect has its own records before those of where it led", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  await place.fetch(["--url-template", server.url("/redirect/items/1"), "--quiet", "--warc", "out.warc"]);
  const responses = (await recordsOf(place.bytes("out.warc"))).filter(({ type }) => type === "response");
  expect(responses.map(({ uri, statusLine, body }) => [uri, statusLine, body.toString()])).toEqual([
    [server.url("/redirect/items/1"), "HTTP/1.1 302 Found", "moved"],
    [server.url("/items/1"), "HTTP/1.1 200 OK", "item 1"],
  ]);
});

test("a body that came compressed is kept uncompressed, with headers that say so", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  await place.fetch(["--url-template", server.url("/gzip/x"), "--quiet", "--warc", "out.warc"]);
  const response = (await recordsOf(place.bytes("out.warc"))).at(-1);
  expect(response?.body.toString()).toBe("zipped x");
  expect(response?.headers.get("content-length")).toBe("8");
  expect(response?.headers.get("content-encoding")).toBe(undefined);
  expect(response?.headers.get("x-archive-orig-content-encoding")).toBe("gzip");
});

test("what a POST sent stands in its request record", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  await place.fetch(["--url-template", server.url("/items/1"), "--quiet", "--data", "a=1", "--warc", "out.warc"]);
  const request = (await recordsOf(place.bytes("out.warc"))).find(({ type }) => type === "request");
  expect([request?.statusLine, request?.body.toString()]).toEqual(["POST /items/1 HTTP/1.1", "a=1"]);
});

test("a WARC that is there is neither replaced nor added to unless asked", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const args = ["--url-template", server.url("/items/1"), "--quiet", "--warc", "out.warc"];
  expect(await place.fetch(args)).toMatchObject({ exitCode: 0 });
  expect(await place.fetch(args)).toMatchObject({ exitCode: 2, stdout: "" });
  expect(await place.fetch([...args, "--overwrite"])).toMatchObject({ exitCode: 0 });
  expect((await recordsOf(place.bytes("out.warc"))).length).toBe(3);
});
