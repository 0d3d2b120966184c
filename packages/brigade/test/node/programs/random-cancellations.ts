/**
 * Cancels pool calls, subprocesses and socket reads at random moments, mixed, and sees what is left and whether pools and
 * server still work. Told a seed and how often; prints what it saw, as JSON. A process of its own: what it leaves can be
 * counted there, and nothing else is at work.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Coroutine,
  coroutine,
  type CoroutineBody,
  createTask,
  forEach,
  gather,
  getRunningLoop,
  type Report,
  sleep,
  type Task,
  use,
} from "brigade";
import { connect, type Connection, exec, listen, type Pool, processPool, spawn, threadPool } from "brigade/node";
import { assertNoLeaks } from "brigade/testing";
import { Random } from "../../http/random.ts";
import { eventuallyLeft, held, warmedUp } from "../left.ts";

type Work = typeof import("./obedient-worker.ts");

const AT_ONCE = 12;
const [, , seed = "1", cancellations = "1000"] = process.argv;
const work = new URL("./obedient-worker.ts", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "brigade-cancellations-"));
const notes = join(folder, "notes.txt");

interface Place {
  readonly threads: Pool<Work>;
  readonly processes: Pool<Work>;
  readonly port: number;
}

/** What is begun, and cancelled at a random moment. */
type Kind = (place: Place, random: Random) => CoroutineBody<unknown>;

function connected(port: number, body: (connection: Connection) => CoroutineBody<unknown>): Coroutine<unknown> {
  return use(connect({ host: "127.0.0.1", port }), body) as Coroutine<unknown>;
}

/** Each with its weight. What costs a worker is rare, for a new one takes a while. */
const kinds: readonly (readonly [number, string, Kind])[] = [
  [8, "thread answers", ({ threads }) => callsAll(threads)],
  [8, "process answers", ({ processes }) => callsAll(processes)],
  [8, "thread rests", ({ threads }, random) => rests(threads, random)],
  [6, "process rests", ({ processes }, random) => rests(processes, random)],
  [5, "thread unwinds", ({ threads }) => waits(threads, "unwinds")],
  [5, "process unwinds", ({ processes }) => waits(processes, "unwinds")],
  [4, "thread polls", ({ threads }) => waits(threads, "spinsUntilAborted")],
  [4, "process polls", ({ processes }) => waits(processes, "spinsUntilAborted")],
  [1, "thread spins", ({ threads }) => waits(threads, "spins")],
  [1, "process spins", ({ processes }) => waits(processes, "spins")],
  [1, "thread exits", ({ threads }) => waits(threads, "exitsAtOnce")],
  [1, "process exits", ({ processes }) => waits(processes, "exitsAtOnce")],
  [6, "thread stream", ({ threads }) => streams(threads)],
  [4, "process stream", ({ processes }) => streams(processes)],
  [4, "thread map", ({ threads }) => maps(threads)],
  [
    5,
    "exec",
    function* () {
      yield* exec("sh", ["-c", "echo begun; sleep 0.02; echo done"]);
    },
  ],
  [
    5,
    "exec with input",
    function* () {
      yield* exec("cat", [], { input: "x".repeat(300_000) });
    },
  ],
  [
    4,
    "exec that leaves another",
    function* () {
      yield* exec("sh", ["-c", "sleep 100 & echo done; sleep 0.01"], { grace: 30 });
    },
  ],
  [
    3,
    "spawn that ignores SIGTERM",
    function* () {
      yield* use(
        spawn("sh", ["-c", "trap '' TERM; echo begun; while :; do sleep 0.01; done"], { grace: 20 }),
        (child) => forEach(child.stdout.lines(), () => {}),
      );
    },
  ],
  [
    5,
    "spawn that floods",
    function* () {
      yield* use(spawn("sh", ["-c", "yes & yes >&2 & wait"], { grace: 30 }), (child) =>
        forEach(child.stdout.lines(), () => sleep(0)),
      );
    },
  ],
  [
    10,
    "socket lines",
    function* ({ port }) {
      yield* connected(port, function* ({ reader, writer }) {
        for (;;) {
          yield* writer.write("a line\nand half a li");
          yield* reader.readLine();
          yield* writer.write("ne\n");
          yield* reader.readLine();
        }
      });
    },
  ],
  [
    6,
    "socket read",
    function* ({ port }) {
      yield* connected(port, ({ reader }) => reader.readExactly(10) as unknown as CoroutineBody<unknown>);
    },
  ],
  [
    6,
    "socket write",
    function* ({ port }) {
      yield* connected(port, function* ({ writer }) {
        for (;;) yield* writer.write("x".repeat(50_000));
      });
    },
  ],
];

function* callsAll(pool: Pool<Work>): CoroutineBody<void> {
  for (let i = 0; i < 40; i++) yield* pool.call("echo", i);
}

function* rests(pool: Pool<Work>, random: Random): CoroutineBody<void> {
  yield* pool.call("rests", random.below(30));
}

function* waits(
  pool: Pool<Work>,
  name: "unwinds" | "spinsUntilAborted" | "spins" | "exitsAtOnce",
): CoroutineBody<void> {
  yield* pool.call(name, notes);
}

function* streams(pool: Pool<Work>): CoroutineBody<void> {
  yield* forEach(pool.stream("counts", notes), () => sleep(0));
}

function* maps(pool: Pool<Work>): CoroutineBody<void> {
  yield* forEach(
    pool.map(
      "echo",
      Array.from({ length: 200 }, (_, i) => i),
      { limit: 3 },
    ),
    () => {},
  );
}

const WHOLE = kinds.reduce((sum, [weight]) => sum + weight, 0);

function pick(random: Random): readonly [number, string, Kind] {
  let at = random.below(WHOLE);
  for (const kind of kinds) if ((at -= kind[0]) < 0) return kind;
  throw new Error("the weights sum up to more than their sum");
}

const cancelledSomewhere = coroutine(function* (
  place: Place,
  random: Random,
  ends: Map<string, number>,
  hit: Set<string>,
): CoroutineBody<void> {
  const [, name, kind] = pick(random);
  const task: Task<unknown> = createTask(coroutine(kind)(place, random), { name });
  const moment = random.fraction();
  if (moment < 0.3) for (let i = random.below(12); i > 0; i--) yield* sleep(0);
  else yield* sleep(random.fraction() ** 2 * 60);
  task.cancel();
  let end = "cancelled";
  try {
    yield* task;
    end = "ended";
  } catch (error) {
    if (!task.cancelled)
      end = (error as Error).name === "WorkerDiedError" ? "worker died" : `${name}: ${String(error)}`;
  }
  ends.set(end, (ends.get(end) ?? 0) + 1);
  if (end === "cancelled") hit.add(name);
});

const echo = coroutine(function* ({ reader, writer }: Connection): CoroutineBody<void> {
  for (let line = yield* reader.readLine(); line !== undefined; line = yield* reader.readLine()) {
    yield* writer.write(`${line}\n`);
  }
});

const stillWorks = coroutine(function* ({ threads, processes, port }: Place): CoroutineBody<number> {
  const calls = Array.from({ length: 30 }, (_, i) => [threads.call("echo", i), processes.call("echo", i)]).flat();
  const answers = yield* gather(calls);
  let right = answers.filter((answer, i) => answer === Math.floor(i / 2)).length;
  for (let i = 0; i < 20; i++) {
    yield* connected(port, function* ({ reader, writer }) {
      yield* writer.write(`question ${i}\n`);
      if ((yield* reader.readLine()) === `question ${i}`) right++;
    });
  }
  const outputs = yield* gather(Array.from({ length: 10 }, (_, i) => exec("echo", [String(i)])));
  return right + outputs.filter(({ stdout }, i) => stdout.trim() === String(i)).length;
});

const main = coroutine(function* (): CoroutineBody<Record<string, unknown>> {
  const random = new Random(Number(seed));
  const ends = new Map<string, number>();
  const hit = new Set<string>(); // kinds of which at least one was cancelled
  return yield* use(threadPool<Work>(work, { size: 3, grace: 40 }), (threads) =>
    use(processPool<Work>(work, { size: 2, grace: 40 }), (processes) =>
      use(
        // A connection that is cancelled may break off in the middle of a line: that ends its handler alone.
        listen({ host: "127.0.0.1", port: 0 }, (connection) => quietly(echo(connection))),
        function* (server) {
          const place: Place = { threads, processes, port: server.port };
          const all = function* (): Generator<Coroutine<void>> {
            for (let i = 0; i < Number(cancellations); i++) yield cancelledSomewhere(place, random, ends, hit);
          };
          yield* gather(all(), { limit: AT_ONCE });
          for (let i = 0; i < 200 && server.connections > 0; i++) yield* sleep(5);
          const waiting = threads.waiting + processes.waiting + server.connections;
          const right = yield* stillWorks(place);
          for (let i = 0; i < 200 && server.connections > 0; i++) yield* sleep(5);
          const tasks = [...getRunningLoop().allTasks()].map((task) => task.name);
          const missed = kinds.map(([, name]) => name).filter((name) => !hit.has(name));
          return { ends: Object.fromEntries(ends), missed, waiting, right, tasks };
        },
      ),
    ),
  );
});

const quietly = coroutine(function* (handler: Coroutine<void>): CoroutineBody<void> {
  try {
    yield* handler;
  } catch (error) {
    if (!["SocketClosedError", "LimitOverrunError"].includes((error as Error).name)) throw error;
  }
});

const reports: string[] = [];
const onReport = ({ kind, message }: Report): void => void reports.push(`${kind}: ${message}`);
await warmedUp();
const before = held();
const began = performance.now();
process.on("exit", () => rmSync(folder, { recursive: true }));
const seen = await assertNoLeaks(main, { clock: { now: () => performance.now() }, onReport });
const left = await eventuallyLeft(before, { timers: true });
const { user, system } = process.cpuUsage();
const seconds = { elapsed: (performance.now() - began) / 1_000, cpu: (user + system) / 1e6 };
console.log(JSON.stringify({ ...seen, left, reports, seconds }));
