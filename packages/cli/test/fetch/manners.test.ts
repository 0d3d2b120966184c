/** --robots and --cookies. */
import { expect, test } from "vitest";
import { TestServer } from "../servers.ts";
import { type Line, linesOf, Workplace } from "./command.ts";

async function withRobots(server: TestServer, urls: readonly string[], ...args: string[]): Promise<Line[]> {
  using place = new Workplace();
  const { stdout } = await place.fetch(["-", "--quiet", "--robots", "--ordered", ...args], { stdin: urls.join("\n") });
  return linesOf(stdout);
}

test("--robots asks robots.txt once, and requests nothing that it forbids", async () => {
  await using server = await TestServer.start();
  server.robots = "User-agent: *\nDisallow: /items/private\n\nUser-agent: brigade-fetch\nDisallow: /items/no\n";
  const paths = ["/items/1", "/items/no", "/items/private", "/items/2"];
  const lines = await withRobots(
    server,
    paths.map((path) => server.url(path)),
  );
  expect(lines.map(({ ok }) => ok)).toEqual([true, false, true, true]);
  expect(lines[1]?.error).toMatchObject({
    class: "RobotsDisallowed",
    message: `${server.url("/robots.txt")} forbids it (line 5): leave --robots out to request it all the same`,
  });
  expect(server.asked.map(({ path }) => path).toSorted()).toEqual([
    "/items/1",
    "/items/2",
    "/items/private",
    "/robots.txt",
  ]);
});

test("--robots goes by the name in --user-agent", async () => {
  await using server = await TestServer.start();
  server.robots = "User-agent: mybot\nDisallow: /\n";
  expect(
    (await withRobots(server, [server.url("/items/1")], "--user-agent", "mybot/2.0 (+https://example.com)"))[0]?.ok,
  ).toBe(false);
  expect((await withRobots(server, [server.url("/items/1")], "--user-agent", "other/1"))[0]?.ok).toBe(true);
});

test("without a robots.txt everything is allowed; one that can't be had forbids everything", async () => {
  await using server = await TestServer.start();
  await using gone = await TestServer.start();
  gone.disappear();
  const lines = await withRobots(server, [server.url("/items/1"), gone.url("/items/1")], "--retries", "0");
  expect(lines.map(({ ok }) => ok)).toEqual([true, false]);
  expect(lines[1]?.error?.class).toBe("RobotsUnavailable");
  expect(lines[1]?.error?.message).toContain("ECONNREFUSED");
});

test("--robots keeps the crawl delay between starts", async () => {
  await using server = await TestServer.start();
  server.robots = "User-agent: *\nCrawl-delay: 0.2\n";
  const started = Date.now();
  await withRobots(
    server,
    [1, 2, 3, 4].map((i) => server.url(`/items/${i}`)),
  );
  expect(Date.now() - started).toBeGreaterThan(600);
});

test("--cookies sends the file's cookies where they belong, and writes those that came", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const expires = Math.round(Date.now() / 1_000) + 1_000;
  place.write("cookies.txt", [
    "# Netscape HTTP Cookie File",
    `127.0.0.1\tFALSE\t/\tFALSE\t${expires}\tsession\tabc`,
    `#HttpOnly_127.0.0.1\tFALSE\t/other\tFALSE\t0\thidden\t1`,
    `.example.com\tTRUE\t/\tTRUE\t${expires}\tfar\taway`,
    `127.0.0.1\tFALSE\t/\tFALSE\t1000\told\tgone`,
  ]);
  const args = [
    "--url-template",
    server.url("/{cookie/new=1,items/1}"),
    "--quiet",
    "--concurrency",
    "1",
    "--cookies",
    "cookies.txt",
  ];
  expect(await place.fetch(args)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(server.asked.map(({ headers }) => headers.cookie)).toEqual(["session=abc", "session=abc; new=1"]);
  const lines = place.read("cookies.txt").split("\n");
  expect(lines[0]).toBe("# Netscape HTTP Cookie File");
  expect(lines).toContain(`127.0.0.1\tFALSE\t/\tFALSE\t${expires}\tsession\tabc`);
  expect(lines).toContain("#HttpOnly_127.0.0.1\tFALSE\t/other\tFALSE\t0\thidden\t1");
  expect(lines).toContain(`.example.com\tTRUE\t/\tTRUE\t${expires}\tfar\taway`);
  expect(lines.some((line) => /^127\.0\.0\.1\tFALSE\t\/\tFALSE\t\d{10}\tnew\t1$/.test(line))).toBe(true);
  expect(lines.some((line) => line.includes("old"))).toBe(false);
  expect(place.files()).toEqual(["cookies.txt"]);
});

test("a cookie file that is not there yet is made; one that is something else is told where", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const args = ["--url-template", server.url("/cookie/a=b"), "--quiet", "--cookies", "jar.txt"];
  expect(await place.fetch(args)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(place.read("jar.txt")).toContain("\ta\tb\n");
  place.write("jar.txt", "{}\n");
  expect(await place.fetch(args)).toMatchObject({
    exitCode: 2,
    stderr:
      "brigade fetch: jar.txt, line 1: this is no cookie: 7 fields with tabs between them are expected (Netscape's cookies.txt)\n",
  });
});
