/**
 * undici (nodejs/undici#3895; measured): the body of a response that nobody read held memory and its connection, a body
 * that drips was never ended by `bodyTimeout`, and there was no bound for waiting for a connection.
 */
import { createTask, gather, sleep } from "brigade";
import { BodyUnavailableError, type ClientOptions, PoolTimeout, TotalTimeout } from "brigade/http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HostileServer } from "../http/hostile-server.ts";
import { errorOf, eventually, expectIdle, expectWorks, textOf, withClient } from "../http/nothing-left.ts";

// Real sockets need real time: the bounds are short.

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

const MEGABYTE = 1024 * 1024;

test("bodies that nobody reads hold little memory, however long they are", async () => {
  await withClient({}, function* (client) {
    yield* expectWorks(client, server);
    globalThis.gc?.();
    const before = process.memoryUsage();
    const urls = Array.from({ length: 40 }, () => `${server.origin}/endless`);
    const responses = yield* gather(urls.map((url) => client.get(url)));
    yield* sleep(150); // all that is going to come comes
    globalThis.gc?.();
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    // 64 KiB are taken in ahead of each reader, and what was under way is as much again.
    expect(arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(40 * 0.5 * MEGABYTE);
    for (const response of responses) response.close();
    expectIdle(client);
  });
  await eventually(() => expect(server.sockets.size).toBe(0));
});

test("a body that nobody reads is given up after timeouts.read, and its connection and permit with it", async () => {
  const options: ClientOptions = { limits: { connections: 1 }, timeouts: { read: 80, pool: "5s" } };
  await withClient(options, function* (client) {
    const forgotten = yield* client.get(`${server.origin}/endless`);
    expect(client.inFlight).toBe(1);
    // The one permit is held by the body that nobody reads, and comes free.
    expect(yield* textOf(client, `${server.origin}/ok`)).toBe("ok");
    expectIdle(client);
    const error = yield* errorOf(forgotten.text());
    expect(error).toBeInstanceOf(BodyUnavailableError);
    expect(error.message).toMatch(/nobody read the body for 80 ms \(timeouts\.read\).*read it, or close the response/);
  });
  await eventually(() => expect(server.sockets.size).toBe(0));
});

test("a short body that nobody reads holds neither connection nor permit", async () => {
  await withClient({ limits: { connections: 1 }, timeouts: { pool: "5s" } }, function* (client) {
    for (let i = 0; i < 20; i++) yield* client.get(`${server.origin}/ok`);
    yield* sleep(20); // the last one comes
    expectIdle(client);
  });
});

test("a body that drips is ended by total, though something comes all the time", async () => {
  await withClient({ timeouts: { read: 300, total: 700 } }, function* (client) {
    const began = performance.now();
    const error = yield* errorOf(textOf(client, `${server.origin}/drip/body?every=10`));
    expect(error).toBeInstanceOf(TotalTimeout);
    expect(performance.now() - began).toBeGreaterThanOrEqual(698);
    yield* expectWorks(client, server);
  });
});

test("waiting for a connection has a bound of its own", async () => {
  await withClient({ limits: { perHost: 1 }, timeouts: { pool: 60 } }, function* (client) {
    const holder = createTask(textOf(client, `${server.origin}/slow/250`));
    yield* sleep(20); // it is on its way
    expect(yield* errorOf(client.get(`${server.origin}/ok`))).toBeInstanceOf(PoolTimeout);
    expect(yield* holder).toBe("slow");
    yield* expectWorks(client, server);
  });
});
