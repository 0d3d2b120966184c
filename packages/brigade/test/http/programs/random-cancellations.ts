/**
 * Cancels requests at random points, and sees what is left and whether the client still answers rightly. Told a seed,
 * whether to go by TLS through a proxy, and how often; prints what it saw, as JSON. A process of its own: what it leaves can
 * be counted there, and nothing else is at work.
 */
import {
  type Coroutine,
  coroutine,
  type CoroutineBody,
  createTask,
  forEach,
  gather,
  getRunningLoop,
  sleep,
  stream,
  type Task,
  use,
} from "brigade";
import { type Client, type ClientOptions, createClient, isHTTPError } from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { certificate } from "../certificate.ts";
import { HostileServer } from "../hostile-server.ts";
import { fullBacklog, proxyServer } from "../other-servers.ts";
import { Random } from "../random.ts";

const AT_ONCE = 24;
const AFTERWARDS = 200;
/** Milliseconds that a request gets to come as far as it shall. */
const PATIENCE = 150;
const [, , seed = "1", way = "direct", cancellations = "1000"] = process.argv;
const tls = way === "proxy" ? certificate() : undefined;
const server = await HostileServer.start(tls);
const proxy = await proxyServer();
const deaf = await fullBacklog();

/** Where a request was when it was cancelled. */
type Phase =
  | "not started"
  | "queued" // for the limits, or on its way
  | "connecting"
  | "sending"
  | "waiting" // for a head that never comes
  | "half a body"
  | "between reads"
  | "backoff"
  | "redirecting"
  | "ended";

const endless = stream(function* () {
  for (;;) {
    yield "x".repeat(20_000);
    yield* sleep(2);
  }
});

/** One request in progress, and how far it is as far as its user can know. */
class Progress {
  task: Task<unknown> | undefined;
  /** How often its phase changed. */
  moves = 0;
  #phase: Phase = "not started";

  get phase(): Phase {
    return this.#phase;
  }

  set phase(phase: Phase) {
    this.#phase = phase;
    this.moves++;
  }
}

type Kind = (client: Client, request: Progress) => CoroutineBody<void>;

const kinds: readonly Kind[] = [
  function* waits(client, request) {
    request.phase = "waiting";
    yield* client.get(`${server.origin}/never`);
  },
  function* connects(client, request) {
    request.phase = "connecting";
    yield* client.get(`http://127.0.0.1:${deaf.port}/`);
  },
  function* sends(client, request) {
    request.phase = "sending";
    yield* client.post(`${server.origin}/never`, { body: endless() });
  },
  function* sendsToNobody(client, request) {
    request.phase = "sending";
    yield* client.post(`${server.origin}/never-reads`, { body: new Uint8Array(8_000_000) });
  },
  function* readsWhole(client, request) {
    request.phase = "queued";
    const response = yield* client.get(`${server.origin}/drip/body?every=2`);
    request.phase = "half a body";
    yield* response.text();
  },
  function* readsPieces(client, request) {
    request.phase = "queued";
    const response = yield* client.get(`${server.origin}/drip/body?every=1`);
    request.phase = "half a body";
    yield* forEach(response.chunks(), function* () {
      request.phase = "between reads";
      yield* sleep(3);
      request.phase = "half a body";
    });
  },
  function* leavesUnread(client, request) {
    request.phase = "queued";
    using _response = yield* client.get(`${server.origin}/sized/500000`);
    request.phase = "between reads";
    yield* sleep("1h");
  },
  function* retries(client, request) {
    request.phase = "backoff";
    yield* client.get(`${server.origin}/status/503?body=${"b".repeat(200)}`, {
      retry: { retries: 1_000, base: 20, cap: 20, budget: false },
    });
  },
  function* retriesResets(client, request) {
    request.phase = "backoff";
    yield* client.get(`${server.origin}/reset/in-head`, {
      retry: { retries: 1_000, base: 20, cap: 20, budget: false },
    });
  },
  function* redirects(client, request) {
    request.phase = "redirecting";
    yield* client.get(`${server.origin}/redirect-loop`, { maxRedirects: 1_000_000 });
  },
  function* answered(client, request) {
    request.phase = "queued";
    yield* textOf(client, `${server.origin}/slow/${Math.floor(getRunningLoop().time()) % 20}`);
    request.phase = "ended";
  },
  function* decodes(client, request) {
    request.phase = "queued";
    const response = yield* client.get(`${server.origin}/bomb/gzip`);
    request.phase = "half a body";
    yield* response.bytes();
  },
];

/** Whether more is to be expected of it than that it stays where it is. */
function goesOn({ task, phase }: Progress): boolean {
  return task?.done !== true && !["waiting", "connecting", "sending", "backoff", "redirecting"].includes(phase);
}

const cancelledAt = coroutine(function* (
  client: Client,
  kind: Kind,
  random: Random,
  phases: Map<Phase, number>,
): CoroutineBody<void> {
  const request = new Progress();
  request.task = createTask(coroutine(kind)(client, request));
  const moment = random.fraction();
  // A few steps in; somewhere in the first milliseconds; or soon after it has come a certain way, if it does.
  if (moment < 0.2) for (let i = Math.floor(moment * 50); i > 0; i--) yield* sleep(0);
  else if (moment < 0.5) yield* sleep(random.fraction() ** 2 * 40);
  else {
    const way = 2 + random.below(3);
    for (let i = 0; i < PATIENCE && request.moves < way && goesOn(request); i++) yield* sleep(1);
    yield* sleep(random.fraction() * 2);
  }
  const phase = request.task.done ? "ended" : request.phase;
  phases.set(phase, (phases.get(phase) ?? 0) + 1);
  request.task.cancel();
  try {
    yield* request.task;
  } catch (error) {
    if (!request.task.cancelled && !isHTTPError(error)) throw error;
  }
});

const answer = coroutine(function* (client: Client, i: number): CoroutineBody<string> {
  using response = yield* client.post(`${server.origin}/mirror`, { body: `question ${i}` });
  return yield* response.text();
});

const textOf = coroutine(function* (client: Client, url: string): CoroutineBody<string> {
  using response = yield* client.get(url);
  return yield* response.text();
});

const main = coroutine(function* (client: Client): CoroutineBody<Record<string, unknown>> {
  const random = new Random(Number(seed));
  const phases = new Map<Phase, number>();
  const pick = (): Kind => kinds[random.below(kinds.length)] as Kind;
  const all = function* (): Generator<Coroutine<void>> {
    for (let i = 0; i < Number(cancellations); i++) yield cancelledAt(client, pick(), random, phases);
  };
  yield* gather(all(), { limit: AT_ONCE });
  yield* sleep(300); // what redirects and retries left of their bodies is dropped for a moment, and then cut off
  const after = { inFlight: client.inFlight, hosts: client.hosts() };
  const tasks = [...getRunningLoop().allTasks()].map((task) => task.name);
  const answers = yield* gather(Array.from({ length: AFTERWARDS }, (_, i) => answer(client, i)));
  const right = answers.filter((text, i) => text === `question ${i}`).length;
  return { phases: Object.fromEntries(phases), after, tasks, right };
});

const held = (): string[] => process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Connect|Zlib/i.test(kind));
const clock = { now: (): number => performance.now() };
const limits = { connections: 20, perHost: 16 };
const heldBefore = held().length;
const options: ClientOptions = {
  limits,
  timeouts: { total: "20s" },
  ...(tls ? { tls: { ca: tls.cert }, proxy: `http://127.0.0.1:${proxy.port}` } : {}),
};
const seen = await assertNoLeaks(() => use(createClient(options), main), { clock });
// Both ends of a connection are in this process, and the server's hears of the end a little later.
for (let i = 0; i < 200 && (server.sockets.size > 0 || held().length > heldBefore); i++) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log(JSON.stringify({ ...seen, sockets: server.sockets.size, held: held().length - heldBefore }));
await server[Symbol.asyncDispose]();
await proxy[Symbol.asyncDispose]();
await deaf[Symbol.asyncDispose]();
