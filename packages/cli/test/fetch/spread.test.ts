/** `brigade fetch --engine`: the requests are made by workers, the limits hold for all of them together. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../../../data/test/servers/redis.ts";
import { TestServer } from "../servers.ts";
import { type Running, Site } from "../worker/site.ts";
import { linesOf, Workplace } from "./command.ts";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function workersOn(site: Site, count: number): Promise<Running[]> {
  const started = Array.from({ length: count }, () =>
    site.start(["worker", "--fetch", "--engine", redis.url, "--concurrency", "16", "--lease", "2s", "--verbose"]),
  );
  await Promise.all(started.map((worker) => worker.says("ready")));
  return started;
}

async function stopped(workers: readonly Running[]): Promise<void> {
  for (const worker of workers) worker.kill("SIGTERM");
  expect((await Promise.all(workers.map(({ ended }) => ended))).map(({ exitCode }) => exitCode)).toEqual(
    workers.map(() => 0),
  );
}

test("two workers share a list, and no host is asked by both together more than it may be", async () => {
  await using server = await TestServer.start();
  await using site = new Site();
  using place = new Workplace();
  const workers = await workersOn(site, 2);
  const urls = Array.from({ length: 200 }, (_, i) => server.url(`/later/5/${i}`));
  place.write("urls.txt", urls);
  const args = ["urls.txt", "--quiet", "--engine", redis.url, "--concurrency", "40", "--per-host", "3", "--ordered"];
  const { exitCode, stdout, stderr } = await place.fetch(args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = linesOf(stdout);
  expect(lines.map(({ url, ok, body }) => ({ url, ok, body }))).toEqual(
    urls.map((url, i) => ({ url, ok: true, body: `later 5/${i}` })),
  );
  expect(server.asked).toHaveLength(200);
  expect(server.mostInFlight).toBe(3);
  for (const worker of workers) expect(worker.said).toContain("exchange");
  await stopped(workers);
}, 60_000);

test("redirects, retries, binary bodies and failures are as without an engine", async () => {
  await using server = await TestServer.start();
  await using site = new Site();
  using place = new Workplace();
  const workers = await workersOn(site, 1);
  const paths = [
    "/redirect/items/1",
    "/flaky/1/spread",
    "/bytes/5000",
    "/gzip/x",
    "/status/404",
    "/half",
    "/text/3000",
  ];
  const urls = [...paths.map((path) => server.url(path)), "http://127.0.0.1:9/"];
  const args = ["-", "--quiet", "--engine", redis.url, "--ordered", "--retries", "1", "--max-bytes", "10K"];
  const spread = await place.fetch(args, { stdin: urls.join("\n") });
  const withoutEngine = args.filter((word) => word !== "--engine" && word !== redis.url);
  const plain = await place.fetch(withoutEngine, { stdin: urls.join("\n").replaceAll("spread", "plain") });
  const gist = (text: string) =>
    linesOf(text).map(({ status, ok, attempts, bytes, digest, error, finalUrl, contentType }) => {
      return { status, ok, attempts, bytes, digest, error, finalUrl, contentType };
    });
  expect(gist(spread.stdout)).toEqual(gist(plain.stdout));
  expect(spread.exitCode).toBe(1);
  await stopped(workers);
}, 60_000);

test("a worker that is killed in the middle loses no URL, and a POST that may have arrived is not sent again", async () => {
  await using server = await TestServer.start();
  await using site = new Site();
  using place = new Workplace();
  const [victim, ...others] = await workersOn(site, 2);
  const urls = Array.from({ length: 120 }, (_, i) => server.url(`/later/40/${i}`));
  const run = place.start(["-", "--quiet", "--engine", redis.url, "--concurrency", "30"], { stdin: urls.join("\n") });
  while (server.asked.length < 40) await new Promise((resolve) => void setTimeout(resolve, 5)); // until a third is under way
  victim?.kill("SIGKILL");
  const { exitCode, stdout } = await run.ended;
  expect(exitCode).toBe(0);
  expect(
    linesOf(stdout)
      .map(({ url }) => url)
      .toSorted(),
  ).toEqual(urls.toSorted());
  const posted = place.start(["-", "--quiet", "--engine", redis.url, "--data", "x"], {
    stdin: server.url("/silence/post"),
  });
  while (!server.asked.some(({ path }) => path === "/silence/post"))
    await new Promise((resolve) => void setTimeout(resolve, 5));
  for (const other of others) other.kill("SIGKILL");
  const rest = await workersOn(site, 1);
  const [line] = linesOf((await posted.ended).stdout);
  expect(line?.error).toMatchObject({ class: "ConnectionLostError" });
  expect(server.asked.filter(({ path }) => path === "/silence/post")).toHaveLength(1);
  await stopped(rest);
}, 60_000);

test("while no worker answers that is said, with the command that starts one; an engine that is not there is one line", async () => {
  await using server = await TestServer.start();
  await using site = new Site();
  using place = new Workplace();
  const run = site.start(["fetch", "--url-template", `${server.origin}/items/{1..3}`, "--engine", redis.url]);
  await run.says(`brigade worker --fetch --engine ${redis.url}`);
  const workers = await workersOn(site, 1);
  expect((await run.ended).exitCode).toBe(0);
  await stopped(workers);
  const { exitCode, stderr } = await place.fetch(["-", "--engine", "redis://:s3cret@127.0.0.1:9"], {
    stdin: server.url("/items/1"),
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("127.0.0.1:9");
  expect(stderr).not.toContain("s3cret");
}, 60_000);
