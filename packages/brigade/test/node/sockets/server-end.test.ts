/** How a server ends: what may go on, what is cancelled, and that nothing is left. */
import type { Socket } from "node:net";
import { createTask, Event, fromPromise, run, sleep, taskGroup, timeout, use } from "brigade";
import { connect, listen } from "brigade/node";
import { describe, expect, test } from "vitest";
import { cancelled } from "../../outcome.ts";
import { virtually } from "../../virtually.ts";
import { errorOf, expectNothingLeft, reportsOf } from "../hostile/leaves-nothing.ts";
import { raw } from "../hostile/peers.ts";
import { ask, echo, until } from "./asking.ts";

// Real sockets: no virtual time, but where it is asked for.

describe("the end of a server", () => {
  test("handlers that end within the grace end by themselves; the others are cancelled, with their cleanup", async () => {
    const log: string[] = [];
    await expectNothingLeft(() =>
      use(
        listen({ port: 0, grace: 150 }, function* ({ reader, writer }) {
          const word = yield* reader.readLine();
          try {
            yield* sleep(word === "quick" ? 50 : "1h");
            yield* writer.write("done");
            log.push(`${word} done`);
          } finally {
            yield* sleep(20);
            log.push(`${word} cleaned up`);
          }
        }),
        function* (server) {
          const clients = taskGroup(function* (group) {
            for (const word of ["quick", "slow"]) {
              group.createTask(
                use(connect({ host: "127.0.0.1", port: server.port }), function* ({ reader, writer }) {
                  yield* writer.write(`${word}\n`);
                  log.push(`${word} heard "${yield* reader.text()}"`);
                }),
              );
            }
            yield* until(() => server.connections === 2);
            yield* sleep(10);
            yield* server.close();
            expect(server).toMatchObject({ connections: 0, closing: true });
            expect((yield* errorOf(ask(server, ""))).name).toBe("SocketConnectError");
            yield* server.close();
          });
          yield* clients;
        },
      ),
    );
    expect(log.filter((line) => !line.includes("heard"))).toEqual([
      "quick done",
      "quick cleaned up",
      "slow cleaned up",
    ]);
    expect(log).toContain('quick heard "done"');
    expect(log).toContain('slow heard ""');
  });

  test("the grace passes on the loop's clock, and what runs then is cancelled", async () => {
    const began = performance.now();
    await virtually(() =>
      use(
        listen({ port: 0, grace: "1h" }, () => sleep(Infinity)),
        function* (server) {
          const socket = yield* fromPromise(raw(server.port));
          yield* until(() => server.connections === 1);
          setTimeout(() => socket.destroy(), 1_000);
          yield* server.close();
          expect(server.connections).toBe(0);
        },
      ),
    );
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test("a cancelled server unwinds its handlers, and waits for them", async () => {
    let unwound = 0;
    await expectNothingLeft(function* () {
      const ready = new Event();
      const serving = createTask(
        use(
          listen({ port: 0, grace: 0 }, function* () {
            try {
              yield* sleep("1h");
            } finally {
              yield* sleep(10);
              unwound++;
            }
          }),
          function* (server) {
            for (let i = 0; i < 10; i++)
              (yield* fromPromise(raw(server.port)))
                .on("end", function (this: Socket) {
                  this.destroy();
                })
                .resume();
            yield* until(() => server.connections === 10);
            ready.set();
            yield* server.forever();
          },
        ),
      );
      yield* ready.wait();
      expect(yield* cancelled(serving)).toBe("cancelled");
      expect(unwound).toBe(10);
    });
  });

  test("a handler whose cleanup fails while it is cancelled is reported", async () => {
    const reports = await reportsOf(() =>
      use(
        listen({ port: 0, grace: 0 }, function* () {
          try {
            yield* sleep("1h");
          } finally {
            throw new Error("the cleanup fails");
          }
        }),
        function* (server) {
          (yield* fromPromise(raw(server.port))).resume().on("end", function (this: Socket) {
            this.destroy();
          });
          yield* until(() => server.connections === 1);
        },
      ),
    );
    expect(reports.map(({ error }) => String(error))).toEqual(["Error: the cleanup fails"]);
  });

  test("connections that wait for their turn are closed when the server ends", async () => {
    await expectNothingLeft(function* () {
      const ends = yield* use(
        listen({ port: 0, maxConnections: 1, grace: 0 }, () => sleep("1h")),
        function* (server) {
          const sockets = [yield* fromPromise(raw(server.port)), yield* fromPromise(raw(server.port))];
          yield* until(() => server.waiting === 1);
          return sockets.map(
            (socket) =>
              new Promise((resolve) => {
                socket
                  .resume()
                  .on("close", resolve)
                  .on("end", () => socket.end());
              }),
          );
        },
      );
      for (const end of ends) yield* timeout("5s", fromPromise(end));
      expect(ends).toHaveLength(2);
    });
  });

  test("a server keeps its program alive, and a program that only serves ends when it is cancelled", async () => {
    const controller = new AbortController();
    const serving = run(
      use(listen({ port: 0 }, echo), function* (server) {
        setTimeout(() => controller.abort("enough"), 20).unref();
        yield* server.forever();
      }),
      { signal: controller.signal },
    );
    await expect(serving).rejects.toMatchObject({ name: "CancelledError", reason: "enough" });
  });

  test("a start that is cancelled in the moment in which it listens leaves no server", async () => {
    await expectNothingLeft(function* () {
      const opening = createTask(use(listen({ port: 0 }, echo), () => sleep("1h")));
      yield* sleep(0); // it has told Node to listen, which says so two ticks later; what cancels it comes right behind that
      process.nextTick(() => process.nextTick(() => opening.cancel()));
      yield* sleep(1);
      expect(opening.cancelled).toBe(true);
    });
  });
});
