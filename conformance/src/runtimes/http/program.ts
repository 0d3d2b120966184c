/** What each runtime runs: a client that asks the server beside it. It prints what it saw otherwise than it should. */
import {
  coroutine,
  type CoroutineBody,
  createTask,
  fromPromise,
  gather,
  moveOnAfter,
  run,
  sleep,
  stream,
  use,
} from "brigade";
import { type Client, createClient, isHTTPError, type MockTransport, mockTransport } from "brigade/http";
import { describeHost } from "../host.ts";
import { reportLine } from "../report-line.ts";

// Put in when this is bundled: the server's address, and one where nobody listens.
declare const SERVER: string;
declare const NOBODY: string;

const host = describeHost();
const inBrowser = host.startsWith("chromium");

interface Check {
  readonly claim: string;
  readonly sees: (client: Client) => CoroutineBody<unknown>;
  readonly expected: unknown;
}

/** The name of the error that the work ends with. */
const failureOf = coroutine(function* failureOf(work: () => CoroutineBody<unknown>): CoroutineBody<string> {
  try {
    yield* work();
    return "none";
  } catch (error) {
    return isHTTPError(error) ? error.name : `not the client's: ${String(error)}`;
  }
});

/** Whether the server saw a client leave: that a connection was closed reaches it a moment later. */
const sawLeave = coroutine(function* sawLeave(client: Client, path: string, times: number): CoroutineBody<boolean> {
  for (let i = 0; i < 100; i++) {
    const response = yield* client.get("/left", { query: { path } });
    if ((yield* response.json<number>()) >= times) return true;
    yield* sleep(20);
  }
  return false;
});

const pieces = stream(function* () {
  for (const piece of ["one ", "two ", "three"]) {
    yield* sleep(5);
    yield piece;
  }
});

const inCrowd = coroutine(function* inCrowd(client: Client): CoroutineBody<number> {
  const response = yield* client.get("/crowd");
  return (yield* response.json<{ atOnce: number }>()).atOnce;
});

/** Echoes the body, after a while; of what was given up it keeps the reason. */
const echoing = (given: string[]): MockTransport =>
  mockTransport(function* (request) {
    request.signal.addEventListener("abort", () => given.push("given up"));
    const text = yield* fromPromise(request.text());
    yield* sleep(text === "slow" ? "1m" : 5);
    return new Response(`${request.method} ${text}`);
  });

const checks: readonly Check[] = [
  {
    claim: "JSON is got",
    *sees(client) {
      const response = yield* client.get("/json");
      return [response.status, response.headers.get("content-type"), yield* response.json()];
    },
    expected: [200, "application/json", { hello: "wörld" }],
  },
  {
    claim: "lines come as a stream",
    *sees(client) {
      const response = yield* client.get("/lines");
      const lines: string[] = [];
      const source = response.lines();
      for (let next = yield* source.next(); !next.done; next = yield* source.next()) lines.push(next.value);
      return lines;
    },
    expected: ["one", "two", "three", "four"],
  },
  {
    claim: "a body that is left in the middle closes its connection",
    *sees(client) {
      const response = yield* client.get("/endless");
      const { value } = yield* response.lines().next();
      response.close();
      return [value, yield* sawLeave(client, "/endless", 1)];
    },
    expected: ["begun", true],
  },
  {
    claim: "a request that is cancelled while it waits closes its connection",
    *sees(client) {
      const task = createTask(client.get("/never"));
      yield* sleep(100);
      task.cancel();
      return [yield* sawLeave(client, "/never", 1), task.cancelled, client.inFlight];
    },
    expected: [true, true, 0],
  },
  {
    claim: "a server that does not answer is a ReadTimeout",
    *sees(client) {
      const name = yield* failureOf(function* () {
        yield* client.get("/never", { timeouts: { read: 100 }, retry: false });
      });
      return [name, yield* sawLeave(client, "/never", 2)];
    },
    expected: ["ReadTimeout", true],
  },
  {
    claim: "503 is tried again",
    *sees(client) {
      const response = yield* client.get("/busy", { query: { from: host }, retry: { retries: 3, base: 1 } });
      return [response.status, response.attempts];
    },
    expected: [200, 3],
  },
  {
    claim: "JSON is posted",
    *sees(client) {
      const response = yield* client.post("/echo", { json: { id: 7 } });
      return yield* response.json();
    },
    expected: { method: "POST", type: "application/json", body: '{"id":7}' },
  },
  {
    claim: "a body is sent in pieces",
    *sees(client) {
      const response = yield* client.put("/echo", { body: pieces(), headers: { "content-type": "text/plain" } });
      return yield* response.json();
    },
    expected: { method: "PUT", type: "text/plain", body: "one two three" },
  },
  {
    claim: "a redirect is followed",
    *sees(client) {
      const response = yield* client.get("/redirect");
      return [response.status, response.url];
    },
    expected: [200, `${SERVER}/json`],
  },
  {
    claim: "a connection that is refused is told, as far as the host tells it",
    *sees(client) {
      return yield* failureOf(function* () {
        yield* client.get(NOBODY, { retry: false });
      });
    },
    expected: inBrowser ? "ConnectionLostError" : "ConnectError",
  },
  {
    claim: "limits are kept",
    *sees(client) {
      const seen = yield* gather(Array.from({ length: 30 }, () => inCrowd(client)));
      return Math.max(...seen) <= 4;
    },
    expected: true,
  },
  {
    claim: "a mock transport answers, and sees who gives up",
    *sees() {
      const seen: string[] = [];
      return yield* use(createClient({ transport: echoing(seen) }), function* (client) {
        const response = yield* client.put("http://mocked/", { body: pieces() });
        seen.push(yield* response.text());
        yield* moveOnAfter(50, client.put("http://mocked/", { body: "slow" }));
        return seen;
      });
    },
    expected: ["PUT one two three", "given up"],
  },
];

const mismatchOf = coroutine(function* mismatchOf(client: Client, check: Check): CoroutineBody<string[]> {
  try {
    const seen = JSON.stringify(yield* check.sees(client));
    const expected = JSON.stringify(check.expected);
    return seen === expected ? [] : [`${check.claim}: saw ${seen}, and not ${expected}`];
  } catch (error) {
    return [`${check.claim}: ${String(error)}`];
  }
});

const mismatches = await run(
  use(createClient({ baseUrl: SERVER, limits: { connections: 4 } }), function* (client) {
    const found: string[] = [];
    for (const check of checks) found.push(...(yield* mismatchOf(client, check)));
    return found;
  }),
);
console.log(
  reportLine({ host, programs: checks.length, mismatches: mismatches.length, examples: mismatches.slice(0, 3) }),
);
