/** A program that waits in many ways, recorded in virtual time; and its trace as text, without what differs from host to host. */
import { type Awaitable, coroutine, type CoroutineBody, createTask, gather, Lock, Queue, run, sleep } from "brigade";
import { virtualClock } from "brigade/testing";
import { readTrace, recorder, type RecorderOptions, type Trace } from "brigade/trace";

const names: readonly string[] = [
  "",
  "created",
  "named",
  "step",
  "woken",
  "done",
  "cancel",
  "waits",
  "acquired",
  "released",
  "put",
  "got",
  "report",
  "lost",
  "frame",
  "stack",
  "callback",
  "clock",
];

// Names of variables differ from those of functions, which a bundler would otherwise rename.
const taking = coroutine(function* worker(jobs: Queue<number>, db: Lock) {
  const job = yield* jobs.get();
  using _permit = yield* db.acquire();
  yield* sleep(job);
  return job;
});

const refused = coroutine(function* failing() {
  yield* sleep(1);
  throw new Error("refused");
});

type Main = () => Awaitable<unknown>;

/** A queue, a lock, a gather, a cancellation, an error that is caught. */
export const shopping: Main = coroutine(function* shop(): CoroutineBody<readonly number[]> {
  const jobs = new Queue<number>({ maxSize: 1, name: "jobs" });
  const db = new Lock({ name: "db" });
  const both = createTask(gather([taking(jobs, db), taking(jobs, db)]), { name: "both" });
  yield* jobs.put(5);
  yield* jobs.put(10);
  const late = createTask(sleep(1000), { name: "late" });
  yield* sleep(0);
  late.cancel();
  try {
    yield* createTask(refused());
  } catch {
    // it was made to fail
  }
  return yield* both;
});

export async function bytesOf(main: Main, options: RecorderOptions = {}): Promise<Uint8Array> {
  const observer = recorder(options);
  await run(main, { observer, clock: virtualClock() });
  return observer.bytes();
}

/**
 * The events, one a line: when, what, which task, and what `a` and `b` mean. How long steps ran is the host's, and so is what is
 * told of a callback only because it took long.
 */
export function eventLines(bytes: Uint8Array): string[] {
  const trace = readTrace(bytes);
  const lines: string[] = [];
  for (let i = 0; i < trace.count; i++) {
    const name = names[trace.type[i] ?? 0] ?? "";
    if (name === "callback") continue;
    lines.push(`${trace.time[i]} ${name} ${trace.task[i]}${meaning(trace, name, trace.a[i] ?? 0, trace.b[i] ?? 0)}`);
  }
  return lines;
}

function meaning(trace: Trace, name: string, a: number, b: number): string {
  switch (name) {
    case "step":
      return b === 0 ? "" : ` ${placeText(trace, b)}`;
    case "created":
    case "done":
      return ` ${a} ${trace.strings[b]}`.trimEnd();
    case "named":
      return ` ${trace.strings[a]} ${b}`;
    case "waits":
      return b === 1 ? ` task ${a}` : ` ${resourceText(trace, a)}`;
    case "acquired":
    case "released":
    case "put":
    case "got":
      return ` ${resourceText(trace, a)}`;
    case "woken":
    case "cancel":
    case "clock":
      return ` ${a}`;
    default:
      return ` ${a} ${b}`;
  }
}

function placeText({ places }: Trace, number: number): string {
  const { kind = "", label = "", frames = [] } = places[number] ?? {};
  return `${kind} ${label} in ${frames.map((frame) => frame.name).join(" < ")}`.replace("  ", " ");
}

function resourceText({ resources }: Trace, number: number): string {
  const { kind = "", name = "", capacity } = resources[number] ?? {};
  return `${kind} ${name} ${capacity}`;
}
