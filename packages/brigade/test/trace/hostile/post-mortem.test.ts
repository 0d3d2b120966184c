/** What BRIGADE_FLIGHT leaves of programs that came to a bad end: the last events, and a report that says who waits for whom, and why. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readTrace } from "brigade/trace";
import { expect, test } from "vitest";
import { folder, Program } from "./watched.ts";

/** Two tasks that take two locks in opposite order, beside one that goes on for a while. */
const CIRCLE = (end: string): string => `
import { coroutine, createTask, gather, Lock, Queue, run, sleep } from "brigade";
const db = new Lock({ name: "db" });
const cache = new Lock({ name: "cache" });
const takes = coroutine(function* takes(first, second) {
  using one = yield* first.acquire();
  yield* sleep(1);
  using two = yield* second.acquire();
});
const ticks = coroutine(function* ticks() {
  for (let i = 0; i < 20; i++) yield* sleep(1);
});
const main = coroutine(function* main() {
  const a = createTask(takes(db, cache), { name: "A" });
  const b = createTask(takes(cache, db), { name: "B" });
  const c = createTask(new Queue({ name: "jobs" }).get(), { name: "<C> \\u001b[31m\\u202e" });
  yield* ticks();
  ${end}
  yield* gather([a, b, c]);
});
await run(main());
`;

async function after(end: string, act?: (program: Program) => void) {
  const place = folder();
  const file = join(place, "flight.brigade");
  const program = new Program(CIRCLE(end), { env: { BRIGADE_FLIGHT: file } });
  act?.(program);
  const ended = await program.ended;
  const bare = act ? undefined : await new Program(CIRCLE(end)).ended;
  return { ...ended, bare, place, file, report: () => readFileSync(`${file}.txt`, "utf8") };
}

const CYCLE = /A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`/;

for (const [what, end, reason] of [
  ["a deadlock", "", /deadlock/i],
  [
    "an error that nobody caught",
    'setTimeout(() => { throw new Error("crashed on purpose"); }, 1);',
    /crashed on purpose/,
  ],
  ["a rejection that nobody handled", 'Promise.reject(new Error("crashed on purpose"));', /crashed on purpose/],
] as const) {
  test(`${what}: the report names the circle of waits, and every waiting task; the program ends as it would have`, async () => {
    const { code, signal, stderr, bare, file, place, report } = await after(end);
    expect([code, signal]).toEqual([bare?.code, bare?.signal]);
    expect(code).not.toBe(0);
    expect(readdirSync(place).toSorted()).toEqual(["flight.brigade", "flight.brigade.txt"]);
    expect(stderr).toContain(file);
    const text = report();
    expect(text).toMatch(reason);
    expect(text).toMatch(CYCLE);
    for (const word of ["main", "jobs", "Queue.get", "takes"]) expect(text).toContain(word);
    const trace = readTrace(readFileSync(file));
    expect(trace.end).toBe("complete");
    expect(trace.strings).toContain("A");
    for (const name of readdirSync(place)) expect(statSync(join(place, name)).mode & 0o077).toBe(0);
  });
}

test("names that would move a cursor or turn the writing round are written without that", async () => {
  const { report } = await after("");
  expect(report().replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(report()).toContain("<C>");
});

test("a program that ends well leaves nothing", async () => {
  const place = folder();
  const source = 'import { run, sleep } from "brigade"; await run(sleep(5));';
  const env = { BRIGADE_FLIGHT: join(place, "flight.brigade") };
  const { code, stderr } = await new Program(source, { env }).ended;
  expect([code, stderr, readdirSync(place)]).toEqual([0, "", []]);
});

test("SIGUSR2 writes what there is, and the program goes on; a second time it is written anew", async () => {
  const place = folder();
  const file = join(place, "flight.brigade");
  const program = new Program(CIRCLE('console.log("stuck"); yield* sleep("1h");'), {
    env: { BRIGADE_FLIGHT: file, XDG_RUNTIME_DIR: place },
  });
  await program.printed("stuck");
  for (let i = 1; i <= 2; i++) {
    program.signal("SIGUSR2");
    while (program.stderr.split(`${file}.txt`).length <= i) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(readFileSync(`${file}.txt`, "utf8")).toMatch(CYCLE);
    expect(readTrace(readFileSync(file)).end).toBe("complete");
  }
  expect(program.stdout).toContain("stuck");
  program.signal("SIGKILL");
  expect((await program.ended).signal).toBe("SIGKILL");
});

test("where the report can't be written, that is said, and the program ends as it would have", async () => {
  const file = join(folder(), "no", "such", "flight.brigade");
  const { code, stderr } = await new Program(CIRCLE(""), { env: { BRIGADE_FLIGHT: file } }).ended;
  expect(code).toBe(1);
  expect(stderr).toContain("DeadlockError");
  expect(stderr).toContain(file);
});

test("an error thrown while 20,000 tasks wait ends the program at once, with all of them in the report", {
  timeout: 60_000,
}, async () => {
  const place = folder();
  const file = join(place, "flight.brigade");
  const source = `
    import { coroutine, createTask, Event, run, sleep } from "brigade";
    const event = new Event();
    const waits = coroutine(function* waits() { yield* event.wait(); });
    const main = coroutine(function* main() {
      for (let i = 0; i < 20_000; i++) createTask(waits());
      yield* sleep(10);
      setTimeout(() => { throw new Error("crashed on purpose"); }, 0);
      yield* sleep(1000);
    });
    await run(main());
  `;
  const { code } = await new Program(source, { env: { BRIGADE_FLIGHT: file }, flags: ["--max-old-space-size=128"] })
    .ended;
  expect(code).toBe(1);
  const text = readFileSync(`${file}.txt`, "utf8");
  expect(text).toContain("crashed on purpose");
  expect(text).toMatch(/20,?001/);
});
