/** What ends a run from outside: Ctrl-C, a full disk, a reader that leaves, a server that disappears, no descriptor left. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import { TestServer } from "../servers.ts";
import { linesOf, until, Workplace } from "./command.ts";

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s cancels what is in flight, keeps what is done, tells how to go on, and exits with 130",
  async (signal) => {
    await using server = await TestServer.start();
    using place = new Workplace();
    place.write(
      "my urls.txt",
      ["/items/1", "/items/2", "/silence", "/silence"].map((path) => server.url(path)),
    );
    const { child, ended } = place.start(["my urls.txt", "--output", "out.jsonl"], { stdin: "" });
    await until(() => server.asked.length === 4 && place.read("out.jsonl").split("\n").length === 3);
    child.kill(signal);
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(130);
    const done = place.lines("out.jsonl").map(({ index }) => index);
    expect(done.toSorted((a, b) => a - b)).toEqual([0, 1]);
    expect(stderr).toContain(
      "brigade fetch: interrupted. To go on where it stopped:\n  brigade fetch 'my urls.txt' --output out.jsonl --resume\n",
    );
    await until(() => server.inFlight === 0);
    expect(place.files()).toEqual(["my urls.txt", "out.jsonl"]);
  },
);

test("interrupted lines on stdout are whole, and it is said that they can't be gone on with", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const { child, ended } = place.start(["-", "--quiet"]);
  child.stdin?.write(`${server.url("/items/1")}\n${server.url("/silence")}\n`); // and stdin stays open
  await Promise.all([once(child.stdout as Readable, "data"), until(() => server.asked.length === 2)]);
  child.kill("SIGINT");
  const { exitCode, stdout, stderr } = await ended;
  expect(exitCode).toBe(130);
  expect(linesOf(stdout)).toMatchObject([{ index: 0 }]);
  expect(stderr).toBe(
    "brigade fetch: interrupted. What went to stdout can't be gone on with: give --output FILE, and --resume continues after an interruption.\n",
  );
});

test("a second signal ends the process at once", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  // A reader that does not read: what is done can't be written.
  const { child, ended } = place.start(["--url-template", server.url("/text/200000/{1..100}"), "--quiet"]);
  child.stdout?.pause();
  await until(() => server.asked.length > 20);
  child.kill("SIGINT");
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
  expect(child.exitCode).toBe(null);
  child.kill("SIGINT");
  await new Promise((resolve) => {
    child.once("exit", resolve);
  });
  expect(child.signalCode).toBe("SIGINT");
  child.stdout?.resume();
  await ended;
});

test("a slow reader of stdout holds the fetching back", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const { child, ended } = place.start(["--url-template", server.url("/text/100000/{1..400}"), "--quiet"], {
    stdin: "",
  });
  child.stdout?.pause();
  await until(() => server.asked.length > 50);
  await new Promise((resolve) => {
    setTimeout(resolve, 1_000);
  });
  expect(server.asked.length).toBeLessThan(250); // 8 MB of lines, what a pipe takes, and what is in flight
  child.stdout?.resume();
  expect(linesOf((await ended).stdout).length).toBe(400);
});

test("a reader of stdout that leaves ends the run without a word", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const { child, ended } = place.start(["--url-template", server.url("/text/10000/{1..100000}"), "--quiet"], {
    stdin: "",
  });
  await until(() => server.asked.length > 10);
  child.stdout?.destroy();
  expect(await ended).toMatchObject({ exitCode: 1, stderr: "" });
});

test("a full device ends the run with 2 and what to do", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const { exitCode, stderr } = await place.fetch([
    "--url-template",
    server.url("/items/{1..3}"),
    "--quiet",
    "--output",
    "/dev/full",
  ]);
  expect(stderr).toBe(
    "brigade fetch: can't write /dev/full: the disk is full: make room, then go on with --resume (ENOSPC)\n",
  );
  expect(exitCode).toBe(2);
});

const mounted = process.getuid?.() === 0 && process.platform === "linux";

test.runIf(mounted)(
  "a disk that fills up stops the run at a whole line, and with room it goes on",
  async ({ skip }) => {
    await using server = await TestServer.start();
    using place = new Workplace();
    const disk = join(place.path, "disk");
    mkdirSync(disk);
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", disk]);
    if (mount.status !== 0) skip("this container forbids mounting");
    try {
      const urls = Array.from({ length: 300 }, (_, i) => server.url(`/text/5000/${i}`));
      place.write("urls.txt", urls);
      const args = ["urls.txt", "--quiet", "--output", "disk/out.jsonl", "--resume"];
      const { exitCode, stderr } = await place.fetch(args);
      expect(stderr).toContain(
        "can't write disk/out.jsonl: the disk is full: make room, then go on with --resume (ENOSPC)\n",
      );
      expect(exitCode).toBe(2);
      const kept = place.lines("disk/out.jsonl").length;
      expect(kept).toBeGreaterThan(20);
      expect(kept).toBeLessThan(110);
      expect(server.asked.length).toBeLessThan(290); // it stopped
      spawnSync("mount", ["-o", "remount,size=8m", disk]);
      const asked = server.asked.length;
      expect(await place.fetch(args)).toMatchObject({ exitCode: 0, stderr: "" });
      expect(server.asked.length - asked).toBe(300 - kept);
      expect(
        place
          .lines("disk/out.jsonl")
          .map(({ url }) => url)
          .toSorted(),
      ).toEqual(urls.toSorted());
    } finally {
      spawnSync("umount", [disk]);
    }
  },
);

test.each([
  ["nowhere/out.jsonl", /folder "nowhere" is not there: make it first/],
  ["/proc/out.jsonl", /can't write \/proc\/out\.jsonl: /],
])("the output %s can't be written: 2, and one line that says why", async (output, why) => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const { exitCode, stderr } = await place.fetch([
    "--url-template",
    server.url("/items/1"),
    "--quiet",
    "--output",
    output,
  ]);
  expect(stderr).toMatch(why);
  expect(stderr.split("\n").length).toBe(2);
  expect(exitCode).toBe(2);
  expect(server.asked).toEqual([]);
});

test("a server that disappears in the middle of 10,000 requests: every URL has a line", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const args = [
    "--url-template",
    server.url("/items/{1..10000}"),
    "--quiet",
    "--output",
    "out.jsonl",
    "--retries",
    "0",
    "--concurrency",
    "50",
  ];
  const { ended } = place.start(args, { stdin: "" });
  await until(() => server.asked.length > 5_000);
  server.disappear();
  expect(await ended).toMatchObject({ exitCode: 1, stderr: "" });
  const lines = place.lines("out.jsonl");
  expect(lines.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 10_000 }, (_, i) => i),
  );
  const failures = new Set(lines.filter(({ ok }) => !ok).map(({ error }) => error?.class));
  expect(failures).toContain("ConnectError");
  for (const failure of failures) expect(["ConnectError", "ConnectionLostError"]).toContain(failure);
}, 60_000);

test("without descriptors for all, fewer are fetched at once: it is said, and every URL succeeds", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const args = [
    "--url-template",
    server.url("/later/20/{1..300}"),
    "--output",
    "out.jsonl",
    "--concurrency",
    "200",
    "--retries",
    "0",
  ];
  const { exitCode, stderr } = await place.fetch(args, { before: "ulimit -n 60" });
  const lines = place.lines("out.jsonl");
  expect(lines.filter(({ ok }) => !ok).map(({ error }) => error?.message)).toEqual([]);
  expect(lines.length).toBe(300);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/no file descriptor is left: going on with \d+ at once \(raise `ulimit -n` for more\)/);
}, 60_000);

test("a million URLs on stdin are read no faster than they are fetched", async () => {
  await using server = await TestServer.start();
  using place = new Workplace();
  const { child, ended } = place.start(["-", "--quiet", "--output", "out.jsonl", "--concurrency", "4"]);
  const block = Array.from({ length: 10_000 }, (_, i) => `${server.url(`/silence/${i}`)}\n`).join("");
  let taken = 0;
  const feed = (): void => {
    while (taken < 100) {
      taken++;
      if (child.stdin?.write(block) === false) return void child.stdin.once("drain", feed);
    }
  };
  feed();
  await until(() => server.asked.length === 4);
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  expect(taken).toBeLessThan(5);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ exitCode: 130 });
});
