/**
 * Makes 10,000 requests to a server and kills it on the way. Told the server's port and process id; prints how the requests
 * ended, as JSON. A process of its own, since errors by the thousand are slow where their stacks are mapped to sources.
 */
import { type Coroutine, coroutine, type CoroutineBody, gather, use } from "brigade";
import { type Client, createClient } from "brigade/http";
import { assertNoLeaks } from "brigade/testing";

const REQUESTS = 10_000;
const KILLED_AFTER = 3_000;
const [, , port = "", pid = ""] = process.argv;
let ended = 0;

const outcome = coroutine(function* (client: Client, i: number): CoroutineBody<string> {
  const method = i % 2 === 0 ? "GET" : "POST";
  try {
    using response = yield* client.request(method, `http://127.0.0.1:${port}/${i}`);
    return (yield* response.text()) === `answer to /${i}` ? "answered" : "wrong";
  } catch (error) {
    return (error as Error).name;
  } finally {
    if (++ended === KILLED_AFTER) process.kill(Number(pid), "SIGKILL");
  }
});

const main = coroutine(function* (client: Client): CoroutineBody<Record<string, number>> {
  const requests = function* (): Generator<Coroutine<string>> {
    for (let i = 0; i < REQUESTS; i++) yield outcome(client, i);
  };
  const counts: Record<string, number> = {};
  for (const name of yield* gather(requests(), { limit: 200 })) counts[name] = (counts[name] ?? 0) + 1;
  return { ...counts, inFlight: client.inFlight, hosts: client.hosts().length };
});

const options = { limits: { connections: 50 }, timeouts: { total: "20s" } } as const;
const clock = { now: (): number => performance.now() };
console.log(JSON.stringify(await assertNoLeaks(() => use(createClient(options), main), { clock })));
