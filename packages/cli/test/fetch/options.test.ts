/** Each option of `brigade fetch` does what its help says, seen from a server. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { certificate } from "../../../brigade/test/http/certificate.ts";
import { fullBacklog } from "../../../brigade/test/http/other-servers.ts";
import { TestServer } from "../servers.ts";
import { type Ended, linesOf, Workplace } from "./command.ts";

async function fetchTemplate(server: TestServer, path: string, ...args: string[]): Promise<Ended> {
  using place = new Workplace();
  return place.fetch(["--url-template", server.url(path), "--quiet", ...args]);
}

test("--url-template fetches what its ranges and lists stand for, zeros kept, the last one changing fastest", async () => {
  await using server = await TestServer.start();
  await fetchTemplate(server, "/items/{a,b}/{08..10}/{0..4..2}", "--concurrency", "1");
  const expected = ["a", "b"].flatMap((word) =>
    ["08", "09", "10"].flatMap((number) => ["0", "2", "4"].map((step) => `/items/${word}/${number}/${step}`)),
  );
  expect(server.asked.map(({ path }) => path)).toEqual(expected);
});

test("a template with a bad range ends with what to write", async () => {
  using place = new Workplace();
  expect(await place.fetch(["--url-template", "https://example.com/{id}", "--quiet"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "brigade fetch: {id} in the template https://example.com/{id} is neither a range nor a list: write {1..500} or {a,b,c}, and a literal brace as %7B\n",
  });
});

test("--concurrency bounds how many are in flight, and is used", async () => {
  await using server = await TestServer.start();
  await fetchTemplate(server, "/later/30/{1..40}", "--concurrency", "7");
  expect(server.mostInFlight).toBe(7);
});

test("--per-host bounds each host, and a slow host does not hold up the others behind it", async () => {
  await using slow = await TestServer.start();
  await using quick = await TestServer.start();
  using place = new Workplace();
  const urls = [
    ...Array.from({ length: 40 }, (_, i) => slow.url(`/later/100/${i}`)),
    ...Array.from({ length: 20 }, (_, i) => quick.url(`/items/${i}`)),
  ];
  place.write("urls.txt", urls);
  const { stdout } = await place.fetch(["urls.txt", "--quiet", "--concurrency", "10", "--per-host", "2"]);
  expect(slow.mostInFlight).toBe(2);
  const hosts = linesOf(stdout).map(({ url }) => new URL(url).host);
  expect(hosts.length).toBe(60);
  // All of the quick ones end before half of the slow ones, though they stand behind them.
  expect(hosts.lastIndexOf(quick.host)).toBeLessThan(40);
});

test("--rate and --per-host-rate spread the starts", async () => {
  await using server = await TestServer.start();
  for (const option of ["--rate", "--per-host-rate"]) {
    const { stdout } = await fetchTemplate(server, "/items/{1..11}", option, "20/s", "--concurrency", "11");
    const waits = linesOf(stdout).map(({ timing }) => timing.waiting);
    expect(Math.max(...waits)).toBeGreaterThan(400);
  }
});

test("--adaptive lets few in at first", async () => {
  await using server = await TestServer.start();
  await fetchTemplate(server, "/later/50/{1..8}", "--adaptive", "--concurrency", "50");
  expect(server.mostInFlight).toBeLessThan(8);
});

test("--retries tries again, and the line says how often", async () => {
  await using server = await TestServer.start();
  const { stdout, exitCode } = await fetchTemplate(server, "/flaky/2/a", "--retries", "2");
  expect(linesOf(stdout)[0]).toMatchObject({ status: 200, attempts: 3 });
  expect(exitCode).toBe(0);
  const failed = await fetchTemplate(server, "/flaky/2/b", "--retries", "1");
  expect(linesOf(failed.stdout)[0]).toMatchObject({ status: 503, attempts: 2 });
  expect(failed.exitCode).toBe(1);
});

test("--retry-after-max ends the retries of who would wait longer", async () => {
  await using server = await TestServer.start();
  const { stdout } = await fetchTemplate(server, "/busy/60", "--retry-after-max", "1s");
  expect(linesOf(stdout)[0]).toMatchObject({ status: 503, attempts: 1 });
});

test("--method, --header, --user-agent and --data are what the server gets", async () => {
  await using server = await TestServer.start();
  await fetchTemplate(
    server,
    "/items/1",
    "--data",
    '{"a":1}',
    "--header",
    "Content-Type: application/json",
    "--user-agent",
    "me/1",
  );
  await fetchTemplate(server, "/items/1", "--method", "HEAD");
  await fetchTemplate(server, "/items/1");
  expect(server.asked[0]).toMatchObject({ method: "POST", body: '{"a":1}' });
  expect(server.asked[0]?.headers).toMatchObject({ "content-type": "application/json", "user-agent": "me/1" });
  expect(server.asked[1]).toMatchObject({ method: "HEAD" });
  expect(server.asked[2]?.headers["user-agent"]).toMatch(/^brigade-fetch\/\d/);
});

test("--dedupe fetches a URL once, however it is written", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  place.write(
    "urls.txt",
    ["/items/1", "/items/1#part", "/items/2", "/items/1"].map((path) => server.url(path)),
  );
  const { stdout } = await place.fetch(["urls.txt", "--quiet", "--dedupe", "--ordered"]);
  expect(linesOf(stdout).map(({ index }) => index)).toEqual([0, 2]);
  expect(server.asked.length).toBe(2);
});

test("--ordered gives lines in the order of the input, though the first takes longest", async () => {
  await using server = await TestServer.start();
  const { stdout } = await fetchTemplate(server, "/later/{200..0..-10}/x", "--ordered", "--concurrency", "30");
  expect(linesOf(stdout).map(({ index }) => index)).toEqual(Array.from({ length: 21 }, (_, i) => i));
});

test("--fail-fast ends the run with the first failure, whose line is there", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  place.write(
    "urls.txt",
    ["/silence", "/silence", "/status/500", "/silence"].map((path) => server.url(path)),
  );
  const { stdout, stderr, exitCode } = await place.fetch(["urls.txt", "--quiet", "--fail-fast", "--retries", "0"]);
  expect(linesOf(stdout)).toMatchObject([{ index: 2, status: 500 }]);
  expect(stderr).toBe(
    `brigade fetch: stopped by --fail-fast: ${server.url("/status/500")}: 500 Internal Server Error\n`,
  );
  expect(exitCode).toBe(1);
});

test("--output-dir keeps each content once, in a file named by its digest", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  place.write(
    "urls.txt",
    ["/text/10/a", "/text/10/b", "/bytes/20", "/text/0"].map((path) => server.url(path)),
  );
  const args = ["urls.txt", "--quiet", "--ordered", "--output-dir", "bodies"];
  const lines = linesOf((await place.fetch(args)).stdout);
  const digest = createHash("sha256").update("aaaaaaaaaa").digest("hex");
  expect(lines.map(({ file }) => file)).toEqual([
    lines[1]?.file,
    `${digest.slice(0, 2)}/${digest}`,
    lines[2]?.file,
    undefined,
  ]);
  expect(place.read(`bodies/${lines[0]?.file}`)).toBe("aaaaaaaaaa");
  expect(place.bytes(`bodies/${lines[2]?.file}`)).toEqual(Buffer.alloc(20, 0xff));
  expect(lines[0]).not.toHaveProperty("body");
  const files = readdirSync(join(place.path, "bodies"), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBe(2);
});

test("--proxy sends requests there", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const args = ["--url-template", "http://far.invalid/items/9", "--quiet", "--proxy", server.origin];
  expect(linesOf((await place.fetch(args)).stdout)).toMatchObject([{ status: 200, body: "item 9" }]);
  expect(server.asked.map(({ headers }) => headers.host)).toEqual(["far.invalid"]);
});

test("--http2 speaks HTTP/2 with a server that can", async () => {
  const tls = certificate();
  const server = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
    response.end(`HTTP/${request.httpVersion}`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  try {
    using place = new Workplace();
    place.write("ca.pem", tls.cert);
    const template = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const env = { NODE_EXTRA_CA_CERTS: join(place.path, "ca.pem") };
    const bodies: (string | undefined)[] = [];
    for (const options of [["--http2"], []]) {
      const { stdout } = await place.fetch(["--url-template", template, "--quiet", ...options], { env });
      bodies.push(linesOf(stdout)[0]?.body);
    }
    expect(bodies).toEqual(["HTTP/2.0", "HTTP/1.1"]);
  } finally {
    server.close();
  }
});

test("--connect-timeout bounds connecting alone", async () => {
  await using deaf = await fullBacklog();
  using place = new Workplace();
  const args = ["--url-template", `http://127.0.0.1:${deaf.port}/`, "--quiet", "--retries", "0"];
  const { stdout } = await place.fetch([...args, "--connect-timeout", "200ms"]);
  const [line] = linesOf(stdout);
  expect(line).toMatchObject({ ok: false, attempts: 1, error: { class: "ConnectTimeout" } });
  expect(line?.timing.connect).toBeGreaterThanOrEqual(200);
});

test("--summary-json and --timeline write what the run was", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  place.write(
    "urls.txt",
    ["/items/1", "/status/404"].map((path) => server.url(path)),
  );
  await place.fetch(["urls.txt", "--quiet", "--output", "o", "--summary-json", "summary.json", "--timeline", "t.html"]);
  expect(JSON.parse(place.read("summary.json"))).toMatchObject({
    total: 2,
    done: 2,
    succeeded: 1,
    failed: 1,
    interrupted: false,
  });
  expect(place.read("t.html")).toContain(server.url("/items/1"));
});

test("without --quiet a summary stands on stderr, and stdout has lines alone", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const { stdout, stderr } = await place.fetch(["--url-template", server.url("/items/{1..3}")]);
  expect(linesOf(stdout).length).toBe(3);
  expect(stderr).toContain("3 succeeded");
});
