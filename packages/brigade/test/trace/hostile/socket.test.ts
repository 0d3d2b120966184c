/** The socket of a program that can be watched: who may not use it, what it is not hurt by, and that it is gone with the program. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { descriptors } from "../../node/left.ts";
import { folder, NEXT_LINE, Program, socketOf, type Setting, watch, Watcher } from "./watched.ts";

/** Has three tasks, until a line comes; then it says how it has done. */
const WATCHED = `
import { coroutine, createTask, Event, fromPromise, run, sleep } from "brigade";
${NEXT_LINE}
const waits = coroutine(function* waits(event) { yield* event.wait(); });
const main = coroutine(function* main() {
  const event = new Event();
  createTask(waits(event), { name: "first" });
  createTask(waits(event), { name: "second" });
  yield* sleep(0);
  console.log("ready");
  yield* nextLine();
  return "value";
});
console.log(await run(main()), process.resourceUsage().maxRSS);
process.stdin.destroy();
`;

async function watched(place: string, setting: Setting = {}): Promise<Program> {
  const env = { BRIGADE_INSPECT: "1", XDG_RUNTIME_DIR: place, TMPDIR: place, ...setting.env };
  const program = new Program(WATCHED, { ...setting, env });
  await program.printed("ready");
  return program;
}

/** The program answers still; it ends well, and its socket is gone. */
async function expectUnhurt(place: string, program: Program): Promise<void> {
  const path = socketOf(place, program);
  const watcher = (await watch(path)).read();
  expect((await watcher.call("stats")).value).toMatchObject({ tasks: 3 });
  watcher.close();
  program.tell("end");
  const { code, stdout, stderr } = await program.ended;
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("value");
  expect(existsSync(path)).toBe(false);
}

const root = process.getuid?.() === 0;

test("the socket and its directory are for their user alone", async () => {
  const place = folder();
  const program = await watched(place);
  expect(statSync(join(place, "brigade")).mode & 0o777).toBe(0o700);
  expect(statSync(socketOf(place, program)).mode & 0o777).toBe(0o600);
  await expectUnhurt(place, program);
});

test.skipIf(!root)(
  "another user of the machine gets no connection, even where the parent directory is everybody's",
  async () => {
    const place = folder();
    chmodSync(place, 0o777);
    const program = await watched(place);
    const path = socketOf(place, program);
    const tries = `
    process.setgid(65534); process.setuid(65534);
    require("node:net").connect(${JSON.stringify(path)}).on("error", (error) => console.log(error.code)).on("connect", () => console.log("in"));
  `;
    expect(execFileSync(process.execPath, ["--eval", tries], { encoding: "utf8" }).trim()).toBe("EACCES");
    await expectUnhurt(place, program);
  },
);

for (const [what, prepare, words] of [
  ["a symbolic link", (path: string) => symlinkSync(folder(), path), /symbolic link/],
  ["a file", (path: string) => writeFileSync(path, ""), /no directory/],
  [
    "a directory that others may enter",
    (path: string) => {
      mkdirSync(path);
      chmodSync(path, 0o755);
    },
    /others may enter|chmod 700/,
  ],
  ...(root
    ? ([
        [
          "a directory of another user",
          (path: string) => {
            mkdirSync(path, { mode: 0o700 });
            chownSync(path, 65_534, 65_534);
          },
          /belongs to user 65534/,
        ],
      ] as const)
    : []),
] as const) {
  test(`${what} where the directory should be is not used, and the program says so and runs`, async () => {
    const place = folder();
    const user = process.getuid?.() ?? 0;
    prepare(join(place, "brigade"));
    prepare(join(place, `brigade-${user}`)); // where it would go instead
    const program = await watched(place);
    expect(program.stderr).toMatch(/^brigade: this program can't be watched: /);
    expect(program.stderr).toMatch(words);
    program.tell("end");
    expect((await program.ended).stdout).toContain("value");
    const left = ["brigade", `brigade-${user}`].flatMap((name) => {
      const path = join(place, name);
      return statSync(path).isDirectory() ? readdirSync(path) : [];
    });
    expect(left).toEqual([]);
  });
}

test("a directory too deep for a socket's address is told with its length, or another is used", async () => {
  const deep = join(folder(), "d".repeat(120));
  mkdirSync(deep);
  const program = await watched(deep, { env: { TMPDIR: deep } });
  expect(program.stderr).toMatch(/is 1\d\d bytes.*room for 10\d/);
  program.tell("end");
  expect((await program.ended).code).toBe(0);
  const short = folder();
  const other = await watched(deep, { env: { TMPDIR: short } });
  expect(other.stderr).toBe("");
  expect(readdirSync(join(short, `brigade-${process.getuid?.()}`))).toEqual([`${other.pid}.sock`]);
  other.tell("end");
  await other.ended;
});

test("bytes that are no request, in every way, are answered with an error or the end, and hurt nothing", async () => {
  const place = folder();
  const program = await watched(place);
  const noise = Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i * 7 + (i >> 3)) & 0xff));
  const garbage: (string | Buffer)[] = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    noise,
    "\n\n\n",
    "null\n",
    "[]\n",
    '"hello"\n',
    "{}\n",
    '{"id":1}\n',
    '{"id":1,"call":"no such call"}\n',
    '{"id":1,"call":"__proto__"}\n',
    '{"id":1,"call":"constructor"}\n',
    '{"id":1,"call":"tasks","offset":-1}\n',
    '{"id":1,"call":"tasks","limit":1e308}\n',
    '{"id":1,"call":"tasks","filter":{"toString":1}}\n',
    '{"id":1,"call":"tasks","toggled":"all"}\n',
    '{"id":1,"call":"task","task":"x"}\n',
    '{"id":1,"call":"task","task":99999}\n',
    `${"[".repeat(60_000)}\n`,
    '{"id":1,"call":"hello"', // and no end of line
  ];
  for (const bytes of garbage) {
    const watcher = (await watch(socketOf(place, program))).read();
    watcher.socket.end(bytes);
    await watcher.closed;
    for (const answer of watcher.answers) {
      expect(answer, String(bytes).slice(0, 60)).toHaveProperty("error");
      expect(String(answer["error"]).length).toBeLessThan(500);
    }
  }
  await expectUnhurt(place, program);
});

test("a request of 100 MB is refused at its first part, and is held nowhere", { timeout: 60_000 }, async () => {
  const place = folder();
  const program = await watched(place);
  const watcher = (await watch(socketOf(place, program))).read();
  const part = Buffer.alloc(2 ** 20, "x");
  let sent = 0;
  while (!watcher.socket.destroyed && sent < 100) {
    sent++;
    if (!watcher.socket.write(part)) {
      await Promise.race([watcher.closed, new Promise((resolve) => watcher.socket.once("drain", resolve))]);
    }
  }
  await watcher.closed;
  expect(sent).toBeLessThan(100);
  await expectUnhurt(place, program);
  const memory = Number(/value (\d+)/.exec(program.stdout)?.[1]) / 1024;
  expect(memory).toBeLessThan(200);
});

test("of 2,000 connections some are served and the rest are told, and none is left", { timeout: 60_000 }, async () => {
  const place = folder();
  const program = await watched(place);
  const path = socketOf(place, program);
  let refused = 0;
  for (let round = 0; round < 20; round++) {
    const crowd = Array.from({ length: 100 }, () => new Watcher(path).read());
    await Promise.all(crowd.map((one) => one.connected().catch(() => {})));
    await new Promise((resolve) => setTimeout(resolve, 20));
    refused += crowd.filter((one) =>
      one.answers.some((answer) => /watch this program already/.test(String(answer["error"]))),
    ).length;
    for (const one of crowd) one.close();
  }
  expect(refused).toBeGreaterThan(500);
  const sockets = () => descriptors(program.pid).filter((target) => target === "socket").length;
  for (let i = 0; i < 200 && sockets() > 6; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(sockets()).toBeLessThan(7); // standard streams are sockets too
  await expectUnhurt(place, program);
});

test("a request comes back whole though it came byte by byte, and two in one piece are both answered", async () => {
  const place = folder();
  const program = await watched(place);
  const watcher = (await watch(socketOf(place, program))).read();
  for (const byte of '{"id":5,"call":"hello","other":"ä"}\n') {
    watcher.socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  watcher.socket.write('{"id":6,"call":"stats"}\n{"id":7,"call":"hello"}\n');
  while (watcher.answers.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(watcher.answers.map((answer) => answer["id"])).toEqual([5, 6, 7]);
  watcher.close();
  await expectUnhurt(place, program);
});

test("the program ends when it is done, whoever watches and whatever was asked", async () => {
  const place = folder();
  const program = await watched(place);
  const path = socketOf(place, program);
  const idle = await watch(path);
  const deaf = await watch(path);
  deaf.socket.pause();
  for (let i = 0; i < 500; i++) deaf.send(i % 2 === 0 ? "dump" : "flight");
  const busy = (await watch(path)).read();
  const end = (async () => {
    for (;;) await busy.call("dump");
  })().catch(String);
  const before = performance.now();
  program.tell("end");
  const { code, stderr } = await program.ended;
  expect([code, stderr]).toEqual([0, ""]);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(await end).toContain("closed");
  await Promise.all([idle.closed, busy.closed]);
  expect(existsSync(path)).toBe(false);
});

test("sockets that dead programs left are taken away by the next program, those of the living are not", async () => {
  const place = folder();
  const first = await watched(place);
  const killed = await watched(place);
  killed.signal("SIGKILL");
  await killed.ended;
  expect(existsSync(socketOf(place, killed))).toBe(true);
  const next = await watched(place);
  expect(readdirSync(join(place, "brigade")).toSorted()).toEqual([`${first.pid}.sock`, `${next.pid}.sock`].toSorted());
  await expectUnhurt(place, first);
  await expectUnhurt(place, next);
});

test("what else lies in the directory stays there", async () => {
  const place = folder();
  mkdirSync(join(place, "brigade"), { mode: 0o700 });
  for (const name of ["notes.txt", "999999999.sock.bak", "x.sock"]) writeFileSync(join(place, "brigade", name), "");
  const program = await watched(place);
  await expectUnhurt(place, program);
  expect(readdirSync(join(place, "brigade")).toSorted()).toEqual(["999999999.sock.bak", "notes.txt", "x.sock"]);
});

test("SIGUSR2 opens the socket of a program that was not asked to have one; a second one changes nothing", async () => {
  const place = folder();
  const program = await watched(place, { env: { BRIGADE_INSPECT: "" } });
  expect(existsSync(socketOf(place, program))).toBe(false);
  for (let i = 0; i < 2; i++) {
    program.signal("SIGUSR2");
    while (!existsSync(socketOf(place, program))) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const watcher = (await watch(socketOf(place, program))).read();
  const { value } = await watcher.call("tasks", { group: false, sort: "name" });
  const names = (value as { rows: { name: string }[] }).rows.map((row) => row.name);
  expect(names.toSorted()).toEqual(["first", "main", "second"]);
  watcher.close();
  await expectUnhurt(place, program);
});

test("with BRIGADE_INSPECT=0 SIGUSR2 does to the program what it does to any other", async () => {
  const program = await watched(folder(), { env: { BRIGADE_INSPECT: "0" } });
  program.signal("SIGUSR2");
  expect((await program.ended).signal).toBe("SIGUSR2");
});
