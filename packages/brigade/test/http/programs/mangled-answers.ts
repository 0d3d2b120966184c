/** Asks for mangled answers; prints, as JSON, how many ended how, and what is left. A process of its own, for its thousands of errors. */
import { type Coroutine, coroutine, type CoroutineBody, gather, use } from "brigade";
import { type Client, createClient, isHTTPError } from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { HostileServer } from "../hostile-server.ts";

const ANSWERS = 2_000;
const server = await HostileServer.start();

const outcome = coroutine(function* (client: Client, seed: number): CoroutineBody<string> {
  try {
    using response = yield* client.get(`${server.origin}/mangled?seed=${seed}`);
    yield* response.text();
    return "answered";
  } catch (error) {
    return isHTTPError(error) ? error.name : `seed ${seed}: ${String(error)}`;
  }
});

const main = coroutine(function* (client: Client): CoroutineBody<Record<string, number>> {
  const requests = function* (): Generator<Coroutine<string>> {
    for (let seed = 0; seed < ANSWERS; seed++) yield outcome(client, seed);
  };
  const counts: Record<string, number> = {};
  for (const name of yield* gather(requests(), { limit: 30 })) counts[name] = (counts[name] ?? 0) + 1;
  // A redirect's rest of a body may be dropped for a moment yet.
  return { ...counts, waiting: client.hosts().reduce((sum, host) => sum + host.waiting, 0) };
});

const clock = { now: (): number => performance.now() };
const counts = await assertNoLeaks(() => use(createClient({ timeouts: { read: "2s" } }), main), { clock });
for (let i = 0; i < 200 && server.sockets.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
console.log(JSON.stringify({ ...counts, sockets: server.sockets.size }));
await server[Symbol.asyncDispose]();
