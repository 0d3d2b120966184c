/** Runs out of file descriptors, and goes on when there are some again. Prints what happened as JSON. */
import { closeSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AwaitableLike, type Coroutine, coroutine, type CoroutineBody, gather, run, timeout, use } from "brigade";
import {
  type Connection,
  connect,
  exec,
  listen,
  type Pool,
  processPool,
  readText,
  threadPool,
  writeAtomic,
} from "brigade/node";

type Work = typeof import("./hostile-worker.ts");
const work = new URL("./hostile-worker.ts", import.meta.url);
const file = join(tmpdir(), `brigade-few-${process.pid}`);

/** Its value, or the class, code and message of its error. Waiting for ever would be neither. */
const outcome = coroutine(function* (awaitable: AwaitableLike<unknown>): CoroutineBody<unknown> {
  try {
    return { value: yield* timeout("5s", awaitable) };
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    return { name, code, message };
  }
});

/** Opens files until nothing is left. */
function takeAll(): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync("/dev/null", "r"));
    } catch {
      return taken;
    }
  }
}

const echo = coroutine(function* ({ reader, writer }: Connection): CoroutineBody<void> {
  yield* writer.write((yield* reader.readLine()) ?? "");
});

const asked = coroutine(function* (port: number): CoroutineBody<unknown> {
  return yield* use(connect({ host: "127.0.0.1", port }), function* ({ reader, writer }: Connection) {
    yield* writer.end("question\n");
    return yield* reader.text();
  });
});

const attempts = coroutine(function* (port: number): CoroutineBody<Record<string, unknown>> {
  const inPool = (pool: typeof threadPool | typeof processPool): Coroutine<unknown> =>
    coroutine(() => echoed(pool<Work>(work, { size: 1 })))();
  return {
    exec: yield* outcome(coroutine(() => execText())()),
    read: yield* outcome(readText("/proc/sys/kernel/ostype")),
    write: yield* outcome(writeAtomic(file, "text")),
    socket: yield* outcome(asked(port)),
    thread: yield* outcome(inPool(threadPool)),
    process: yield* outcome(inPool(processPool)),
  };
});

function* echoed(pool: Pool<Work>): CoroutineBody<unknown> {
  return yield* use(pool, (workers) => workers.call("echo", "echoed"));
}

function* execText(): CoroutineBody<string> {
  return (yield* exec("echo", ["echoed"])).stdout;
}

const main = coroutine(function* (): CoroutineBody<unknown> {
  return yield* use(listen({ host: "127.0.0.1", port: 0 }, echo), function* (server) {
    const port = server.port;
    yield* attempts(port); // what is loaded lazily is loaded now
    const taken = takeAll();
    const without = yield* attempts(port);
    for (const descriptor of taken) closeSync(descriptor);
    const after = yield* attempts(port);
    const many = yield* gather(
      Array.from({ length: 60 }, () => outcome(coroutine(() => execText())())),
      { limit: 60 },
    );
    return { without, after, many, again: yield* attempts(port) };
  });
});

const seen = await run(main);
rmSync(file, { force: true });
console.log(JSON.stringify(seen));
