/** --resume after what can befall the files of a run; and what keeps an output from being spoiled. */
import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestServer } from "../servers.ts";
import { until, Workplace } from "./command.ts";

const count = 40;
const run = ["urls.txt", "--output", "out.jsonl", "--quiet"];

function urlsOf(server: TestServer): string[] {
  return Array.from({ length: count }, (_, i) => server.url(`/items/${i}`));
}

/** A run that has ended, with --resume unless told otherwise. */
async function finishedRun(server: TestServer, args: readonly string[] = [...run, "--resume"]): Promise<Workplace> {
  const place = new Workplace();
  place.write("urls.txt", urlsOf(server));
  expect(await place.fetch(args)).toMatchObject({ exitCode: 0, stderr: "" });
  server.asked.length = 0;
  return place;
}

async function expectGoesOn(place: Workplace, server: TestServer, missing: number): Promise<void> {
  expect(await place.fetch([...run, "--resume"])).toMatchObject({ exitCode: 0, stderr: "" });
  const lines = place.lines("out.jsonl").toSorted((a, b) => a.index - b.index);
  expect(lines.map(({ url }) => url)).toEqual(urlsOf(server));
  expect(server.asked.length).toBe(missing);
  // And what it has written is whole: the next one finds nothing to do.
  expect(await place.fetch([...run, "--resume"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(server.asked.length).toBe(missing);
}

test("a run that is complete has nothing left to fetch", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  await expectGoesOn(place, server, 0);
});

test("half a line is cut, and its URL fetched again", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  const output = join(place.path, "out.jsonl");
  truncateSync(output, statSync(output).size - 30);
  await expectGoesOn(place, server, 1);
});

test("an output that is shorter than the journal says is completed: a power failure may lose the end of a file", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  const lines = place.read("out.jsonl").split("\n").slice(0, 25);
  writeFileSync(join(place.path, "out.jsonl"), `${lines.join("\n")}\n`);
  await expectGoesOn(place, server, count - 25);
});

test.each([
  ["an end that became zeros", 0],
  ["a page of zeros with lines behind it", 100],
])("%s in a power failure is cut, and fetched again", async (_, behind) => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  const bytes = place.bytes("out.jsonl");
  const kept = place.read("out.jsonl").split("\n").slice(0, 30).join("\n").length + 1;
  bytes.fill(0, kept + 3, bytes.length - behind);
  writeFileSync(join(place.path, "out.jsonl"), bytes);
  await expectGoesOn(place, server, count - 30);
});

test("half a record of the journal, and anything behind it, is cut", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  const journal = join(place.path, "out.jsonl.journal");
  truncateSync(journal, statSync(journal).size - 45);
  appendFileSync(journal, Buffer.alloc(100, 7));
  await expectGoesOn(place, server, 0);
  const bytes = readFileSync(journal);
  expect(bytes.length - (bytes.indexOf(10) + 1)).toBe(count * 32);
});

test("a journal that was killed in its first line is written anew", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  writeFileSync(join(place.path, "out.jsonl.journal"), '{"journal":"brig');
  await expectGoesOn(place, server, 0);
});

test("without a journal the output alone tells what is finished", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  rmSync(join(place.path, "out.jsonl.journal"));
  truncateSync(join(place.path, "out.jsonl"), Math.floor(statSync(join(place.path, "out.jsonl")).size / 2));
  const whole = place.read("out.jsonl").split("\n").length - 1;
  await expectGoesOn(place, server, count - whole);
});

test("a run that was begun without --resume can be gone on with", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server, run);
  expect(place.has("out.jsonl.journal")).toBe(false);
  const lines = place.read("out.jsonl").split("\n");
  writeFileSync(join(place.path, "out.jsonl"), `${lines.slice(0, 10).join("\n")}\n${lines[10]?.slice(0, 20)}`);
  await expectGoesOn(place, server, count - 10);
});

test("URLs that failed in an earlier run are not fetched again, and the exit code still tells of them", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  place.write("urls.txt", [server.url("/items/1"), server.url("/status/404")]);
  for (const asked of [2, 2]) {
    expect(await place.fetch([...run, "--resume"])).toMatchObject({ exitCode: 1, stderr: "" });
    expect(server.asked.length).toBe(asked);
  }
  rmSync(join(place.path, "out.jsonl.journal"));
  expect(await place.fetch([...run, "--resume"])).toMatchObject({ exitCode: 1, stderr: "" });
});

test("an input that has grown is fetched from where it was", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  appendFileSync(join(place.path, "urls.txt"), `${server.url("/items/new")}\n`);
  expect(await place.fetch([...run, "--resume"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(server.asked.map(({ path }) => path)).toEqual(["/items/new"]);
});

test("another input is refused, and nothing is fetched or changed", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  const before = place.read("out.jsonl");
  place.write("urls.txt", urlsOf(server).toReversed());
  expect(await place.fetch([...run, "--resume"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "brigade fetch: the input is not the one that out.jsonl came from: give the same input, or another --output\n",
  });
  expect(server.asked).toEqual([]);
  expect(place.read("out.jsonl")).toBe(before);
});

test("another input is refused where there is no journal, and on stdin", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server, run);
  const { exitCode, stderr } = await place.fetch(["--output", "out.jsonl", "--quiet", "--resume"], {
    stdin: urlsOf(server).toReversed().join("\n"),
  });
  expect(stderr).toBe(
    "brigade fetch: the input is not the one that out.jsonl came from: of URLs 1 to 64 some are others. Give the same input, or another --output\n",
  );
  expect(exitCode).toBe(2);
  expect(server.asked).toEqual([]);
});

test("other templates are refused", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const args = (range: string): string[] => [
    "--url-template",
    server.url(`/items/${range}`),
    ...run.slice(1),
    "--resume",
  ];
  expect(await place.fetch(args("{1..5}"))).toMatchObject({ exitCode: 0 });
  expect(await place.fetch(args("{1..6}"))).toMatchObject({ exitCode: 2 });
  expect(await place.fetch(args("{1..5}"))).toMatchObject({ exitCode: 0 });
  expect(server.asked.length).toBe(5);
});

test("a file that is no output of brigade fetch is left alone", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  place.write("urls.txt", urlsOf(server));
  place.write("out.jsonl", "my diary\n");
  expect(await place.fetch([...run, "--resume"])).toMatchObject({
    exitCode: 2,
    stderr: "brigade fetch: out.jsonl is not an output of brigade fetch (at byte 0): give another --output\n",
  });
  expect(place.read("out.jsonl")).toBe("my diary\n");
});

test("an output that is there is neither replaced nor added to unless asked", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  const before = place.read("out.jsonl");
  expect(await place.fetch(run)).toMatchObject({
    exitCode: 2,
    stderr:
      "brigade fetch: out.jsonl is there already: give --resume to go on with it, --overwrite to replace it, or another name\n",
  });
  expect(place.read("out.jsonl")).toBe(before);
  expect(await place.fetch([...run, "--overwrite"])).toMatchObject({ exitCode: 0 });
  expect(place.lines("out.jsonl").length).toBe(count);
  expect(place.has("out.jsonl.journal")).toBe(false);
});

test("two runs at once on one output are refused, and the lock of a run that was killed is taken over", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  place.write("urls.txt", [server.url("/silence")]);
  const first = place.start([...run, "--resume"], { stdin: "" });
  await until(() => server.asked.length === 1);
  const second = await place.fetch([...run, "--resume"]);
  expect(second).toMatchObject({ exitCode: 2 });
  expect(second.stderr).toBe(
    `brigade fetch: another run (process ${first.child.pid}) is writing to out.jsonl: wait for it, or give another file\n`,
  );
  first.child.kill("SIGKILL");
  await first.ended;
  expect(place.has("out.jsonl.lock")).toBe(true);
  place.write("urls.txt", [server.url("/items/1")]);
  rmSync(join(place.path, "out.jsonl.journal"));
  expect(await place.fetch([...run, "--resume"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(place.files()).toEqual(["out.jsonl", "out.jsonl.journal", "urls.txt"]);
});

test("lines that were taken out of an output are fetched again, wherever they stood: so are failures, on request", async () => {
  await using server = await TestServer.start();
  using place = await finishedRun(server);
  const lines = place.read("out.jsonl").split("\n");
  place.write("out.jsonl", lines.filter((_, i) => i % 10 !== 3).join("\n"));
  await expectGoesOn(place, server, 4);
});

test("lines of an output of many thousand that were sorted and thinned out are known all the same", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const args = ["--url-template", server.url("/items/{1..9000}"), "--quiet", "--output", "out.jsonl", "--resume"];
  expect(await place.fetch([...args, "--concurrency", "50"])).toMatchObject({ exitCode: 0 });
  const lines = place.lines("out.jsonl").toSorted((a, b) => b.index - a.index);
  place.write(
    "out.jsonl",
    lines.filter(({ index }) => index !== 17).map((line) => JSON.stringify(line)),
  );
  server.asked.length = 0;
  expect(await place.fetch(args)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(server.asked.map(({ path }) => path)).toEqual(["/items/18"]);
  expect(new Set(place.lines("out.jsonl").map(({ index }) => index)).size).toBe(9_000);
});
