/** Runs out of file descriptors, and goes on when there are some again. Told the server's origin; prints what happened as JSON. */
import { closeSync, openSync } from "node:fs";
import { type CoroutineBody, coroutine, gather, run, sleep, use } from "brigade";
import { type Client, ConnectError, createClient } from "brigade/http";

const [, , origin = ""] = process.argv;

const textOf = coroutine(function* (client: Client, path: string): CoroutineBody<string> {
  using response = yield* client.get(origin + path);
  return yield* response.text();
});

const outcome = coroutine(function* (client: Client, path: string): CoroutineBody<string> {
  try {
    return yield* textOf(client, path);
  } catch (error) {
    return error instanceof ConnectError ? `${error.name} ${error.code}: ${error.message}` : `other: ${String(error)}`;
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

const outcomes = coroutine(function* (client: Client): CoroutineBody<Record<string, unknown>> {
  const before = yield* outcome(client, "/last"); // leaves no connection
  const taken = takeAll();
  const without = yield* outcome(client, "/ok");
  for (const descriptor of taken) closeSync(descriptor);
  const after = yield* outcome(client, "/ok");
  const many = yield* gather(Array.from({ length: 200 }, () => outcome(client, "/slow/30")));
  yield* sleep(20); // a connection that was just used rests for a moment, and nobody could make another now
  const again = yield* gather(
    Array.from({ length: 20 }, () => outcome(client, "/ok")),
    { limit: 5 },
  );
  return { before, without, after, many, again, inFlight: client.inFlight, hosts: client.hosts() };
});

const limits = { connections: 200 };
console.log(JSON.stringify(await run(use(createClient({ retry: false, limits }), outcomes))));
