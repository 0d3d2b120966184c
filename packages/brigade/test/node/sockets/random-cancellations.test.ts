/** Cancelled at a thousand random moments, in whatever they do, connections leave nothing and disturb nobody. */
import {
  type Coroutine,
  type CoroutineBody,
  coroutine,
  createTask,
  type EventLoop,
  forEach,
  gather,
  getRunningLoop,
  sleep,
  timeout,
  TimeoutError,
  use,
} from "brigade";
import { connect, type Connection, datagrams, listen, type SocketServer } from "brigade/node";
import { describe, expect, test } from "vitest";
import { certificate } from "../../http/certificate.ts";
import { Random } from "../../http/random.ts";
import { outcomeOf } from "../../outcome.ts";
import { expectNothingLeft } from "../hostile/leaves-nothing.ts";

// Real sockets: no virtual time.

function* echo({ reader, writer }: Connection): CoroutineBody<void> {
  yield* forEach(reader, (piece) => writer.write(piece));
}

/** A client that does a bit of everything, and fails when an answer is not what it has sent. */
const converse: (server: SocketServer, random: Random, tls: boolean) => Coroutine<void> = coroutine(function* converse(
  server: SocketServer,
  random: Random,
  tls: boolean,
): CoroutineBody<void> {
  const place = { host: random.below(2) === 0 ? "127.0.0.1" : "localhost", port: server.port };
  yield* use(connect({ ...place, ...(tls && { tls: { ca: certificate().cert } }) }), function* ({ reader, writer }) {
    for (let i = 0; i < 3; i++) {
      const line = `${i} ${"x".repeat(random.below(3) * 30_000)}`;
      const writing = createTask(writer.write(`${line}\n`));
      try {
        yield* timeout(random.below(3), reader.readLine());
        return; // it came in time: the next would not be this one's answer
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
      }
      expect(yield* reader.readLine()).toBe(line);
      yield* writing;
    }
    yield* writer.end("the end");
    expect(yield* reader.text()).toBe("the end");
  });
});

/** What tasks wait for outside the loop, as the loop counts it: nobody waits any more. */
const waitsForNothing: () => Coroutine<void> = coroutine(function* waitsForNothing(): CoroutineBody<void> {
  expect((getRunningLoop() as EventLoop & { readonly foreign: number }).foreign).toBe(0);
});

const disturbed: (work: Coroutine<void>, random: Random) => Coroutine<boolean> = coroutine(function* disturbed(
  work: Coroutine<void>,
  random: Random,
): CoroutineBody<boolean> {
  const task = createTask(work);
  const hops = random.below(60);
  for (let i = 0; i < hops; i++) yield* sleep(random.below(40) === 0 ? 1 : 0);
  task.cancel();
  const outcome = yield* outcomeOf(task);
  if (outcome !== "cancelled" && "error" in outcome) throw outcome.error;
  return outcome === "cancelled";
});

describe("random cancellations", () => {
  test.each([
    ["TCP", false, 1_000],
    ["TLS", true, 200],
  ] as const)(
    "of connections over %s",
    async (_kind, tls, count) => {
      const random = new Random(count);
      await expectNothingLeft(() =>
        use(listen({ port: 0, ...(tls && { tls: certificate() }), onError: () => {} }, echo), function* (server) {
          const cancelled = yield* gather(
            Array.from({ length: count }, () => disturbed(converse(server, random, tls), random)),
            { limit: 8 },
          );
          expect(cancelled.filter(Boolean).length).toBeGreaterThan(count / 4);
          yield* timeout("5s", function* () {
            while (server.connections > 0) yield* sleep(5);
          });
          yield* converse(server, new Random(1), tls);
        }),
      );
    },
    60_000,
  );

  test("of servers, while clients come and go", async () => {
    const random = new Random(3);
    let cancelled = 0;
    await expectNothingLeft(function* () {
      for (let round = 0; round < 100; round++) {
        const serving = use(
          listen({ port: 0, grace: random.below(2) * 3, onError: () => {} }, echo),
          function* (server) {
            yield* gather(
              Array.from({ length: 4 }, () => converse(server, random, false)),
              { returnExceptions: true },
            );
          },
        );
        if (yield* disturbed(serving as Coroutine<void>, random)) cancelled++;
      }
      yield* waitsForNothing();
    });
    expect(cancelled).toBeGreaterThan(25);
  }, 60_000);

  test("of tasks that send and receive datagrams", async () => {
    const random = new Random(4);
    let cancelled = 0;
    await expectNothingLeft(function* () {
      for (let round = 0; round < 300; round++) {
        const talking = coroutine(function* (): CoroutineBody<void> {
          yield* use(datagrams(), function* (socket) {
            for (let i = 0; i < 3; i++) {
              yield* socket.send("x", socket.address);
              yield* timeout("5s", socket.receive());
            }
          });
        });
        if (yield* disturbed(talking(), random)) cancelled++;
      }
      yield* waitsForNothing();
    });
    expect(cancelled).toBeGreaterThan(25);
  });
});
