/** What goes wrong is told in words, names no secret, and leaves nothing behind: on the server, or here. */
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { ConnectError, ConnectionLostError, QueryError, s3, UnfinishedUploadError } from "@brigade/data/s3";
import { collect, createTask, forEach, fromPromise, run, sleep, stream, TimeoutError, timeout, use } from "brigade";
import { expect, test } from "vitest";
import { type Proxy, startProxy } from "../servers/proxy.ts";
import { bytes, caught, MIB, pieces, TestServer } from "./store.ts";

const there = new TestServer();

const SECRET = "Zs3cr3t/+key";

/** Everything that a log could show of an error. */
function everything(error: unknown): string {
  return `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}${(error as Error).stack}${String(error)}`;
}

const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
const descriptors = (): number => readdirSync("/proc/self/fd").length;

async function withProxy(body: (proxy: Proxy, endpoint: string) => Promise<unknown>): Promise<void> {
  const proxy = await startProxy(there.server.port);
  try {
    await body(proxy, there.server.urlAt(proxy.port));
  } finally {
    await proxy.stop();
  }
}

test.each([
  ["a wrong secret", { secretAccessKey: SECRET }, /the secret access key is wrong/],
  ["an unknown user", { accessKeyId: "NOBODY", secretAccessKey: SECRET }, /does not know the access key id/],
])("%s is a ConnectError that says so and does not show it", async (_, changes, words) => {
  const credentials = { ...there.server.credentials, ...changes };
  const error = await caught(() => there.run((store) => store.get("x"), {}, { credentials }));
  expect(error).toBeInstanceOf(ConnectError);
  expect(String(error)).toMatch(words);
  expect(String(error)).toContain(there.server.url);
  expect(everything(error)).not.toContain(SECRET);
});

test.each([
  ["a port where nothing listens", "http://127.0.0.1:1", "ECONNREFUSED", /nothing listens there/],
  ["a host that does not exist", "http://nowhere.invalid:9000", "ENOTFOUND", /no host of that name/],
])("%s is a ConnectError that names it", async (_, endpoint, code, words) => {
  const credentials = { accessKeyId: "x", secretAccessKey: SECRET };
  const error = await caught(() =>
    there.run((store) => store.put("x", "y"), {}, { endpoint, credentials, maxAttempts: 1 }),
  );
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({ code, address: endpoint, message: expect.stringMatching(words) });
  expect(everything(error)).not.toContain(SECRET);
});

test("an unknown bucket is a QueryError that names it, from every call", async () => {
  const all = (await there.run(function* (store) {
    const bucket = "nowhere";
    const calls = [
      () => store.get("x", { bucket }),
      () => collect(store.read("x", { bucket })),
      () => store.put("x", "y", { bucket }),
      () => store.put("x", pieces(bytes(11 * MIB)), { bucket, partSize: 5 * MIB }),
      () => collect(store.list("", { bucket })),
      () => store.delete("x", { bucket }),
    ];
    const errors: unknown[] = [];
    for (const call of calls) {
      try {
        yield* call() as ReturnType<typeof store.delete>;
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  })) as QueryError[];
  expect(all.map((error) => error.code)).toEqual(Array(6).fill("NoSuchBucket"));
  expect(all.every((error) => error instanceof QueryError && error.message.includes('"nowhere"'))).toBe(true);
});

test("what the source throws in the middle of an upload is what put throws, and the upload is aborted", async () => {
  const broken = new Error("the source is broken");
  const source = stream(function* () {
    for (let i = 0; i < 3; i++) yield Buffer.alloc(5 * MIB);
    yield* sleep(1);
    throw broken;
  });
  const error = await caught(() => there.run((store) => store.put("broken", source()), { partSize: 5 * MIB }));
  expect(error).toBe(broken);
  expect(await there.unfinished()).toEqual([]);
  expect(await there.run((store) => store.head("broken"))).toBeUndefined();
});

test("a part that fails is sent again by the SDK, within its limits", async () => {
  const all = bytes(16 * MIB);
  await withProxy(async (proxy, endpoint) => {
    await there.run(
      function* (store) {
        const uploading = createTask(store.put("again", pieces(all)));
        while (proxy.bytesToServer < 3 * MIB) yield* sleep(1);
        proxy.reset();
        yield* uploading;
      },
      { partSize: 5 * MIB },
      { endpoint },
    );
  });
  const got = await there.run((store) => store.get("again"));
  expect(Buffer.compare(got.bytes, all)).toBe(0);
});

test("a connection that breaks in the middle of an object is a ConnectionLostError, and the next call is right", async () => {
  const all = bytes(32 * MIB);
  await there.run((store) => store.put("download", all));
  await withProxy(async (proxy, endpoint) => {
    await there.run(
      function* (store) {
        let read = 0;
        try {
          yield* forEach(store.read("download"), function* (chunk) {
            read += chunk.length;
            if (read > 2 * MIB) proxy.reset();
            yield* sleep(0);
          });
          throw new Error("it was read to its end");
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionLostError);
        }
        expect(Buffer.compare((yield* store.get("download")).bytes, all)).toBe(0);
      },
      {},
      { endpoint },
    );
  });
});

test("a call whose answer does not come is cut at its timeout, and need not wait for the grace", async () => {
  await withProxy(async (proxy, endpoint) => {
    await there.run(
      function* (store) {
        yield* store.put("cut", "x");
        proxy.cut();
        const begun = performance.now();
        try {
          yield* timeout(100, store.get("cut"));
          throw new Error("no timeout");
        } catch (error) {
          expect(error).toBeInstanceOf(TimeoutError);
        }
        expect(performance.now() - begun).toBeLessThan(10_000);
        proxy.heal();
        expect((yield* store.get("cut")).text()).toBe("x");
      },
      { grace: "15s" },
      { endpoint },
    );
  });
});

test("an upload that can't be aborted any more is an UnfinishedUploadError that says what is left where", async () => {
  const endless = stream(function* () {
    for (;;) {
      yield Buffer.alloc(MIB);
      yield* sleep(1);
    }
  });
  let error: unknown;
  await withProxy(async (proxy, endpoint) => {
    error = await caught(() =>
      there.run(
        function* (store) {
          const uploading = createTask(store.put("left", endless()));
          while (proxy.bytesToServer < 6 * MIB) yield* sleep(1);
          proxy.cut();
          uploading.cancel();
          yield* uploading;
        },
        { grace: "200ms", partSize: 5 * MIB },
        { endpoint },
      ),
    );
  });
  expect(error).toBeInstanceOf(UnfinishedUploadError);
  const { uploadId, message } = error as UnfinishedUploadError;
  expect(message).toContain(uploadId);
  expect(await there.unfinished()).toEqual(["left"]);
  const { AbortMultipartUploadCommand } = await import("@aws-sdk/client-s3");
  const abort = new AbortMultipartUploadCommand({ Bucket: "brigade", Key: "left", UploadId: uploadId });
  await there.run((store) => store.send(abort));
});

test("a server that is killed and started again serves the same client", async () => {
  await there.run(function* (store) {
    yield* store.put("before", "x");
    const { server } = there;
    const uploading = createTask(store.put("during", pieces(bytes(40 * MIB))));
    yield* sleep(30);
    yield* fromPromise(() => server.kill());
    try {
      yield* uploading;
      throw new Error("the upload went on");
    } catch (error) {
      expect([ConnectError, ConnectionLostError, UnfinishedUploadError].some((kind) => error instanceof kind)).toBe(
        true,
      );
    }
    yield* fromPromise(() => server.restart());
    expect((yield* store.get("before")).text()).toBe("x");
    expect(yield* store.head("during")).toBeUndefined();
  });
});

test("an object that is left unread gives its socket back, and so do all at the end of use", async () => {
  const before = { sockets: sockets(), descriptors: descriptors() };
  await there.run(function* (store) {
    yield* store.put("unread", bytes(8 * MIB));
    for (let i = 0; i < 60; i++) {
      const reading = store.read("unread");
      yield* reading.next();
      yield* reading.close();
    }
    // More than the SDK has sockets: each was given back, or this one would wait for ever.
    expect((yield* timeout("10s", store.get("unread"))).size).toBe(8 * MIB);
    const half = store.read("unread");
    yield* half.next();
  });
  await run(sleep(50)); // the system closes sockets in its own time
  expect(sockets()).toBe(before.sockets);
  expect(descriptors()).toBeLessThanOrEqual(before.descriptors);
});

test("a server whose disk is full is a QueryError that says so, and what to do", async () => {
  // s3rver can't be made to answer so: it has no limit of its own. What MinIO and Ceph answer.
  const code = "XMinioStorageFull";
  const full = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(507, { "content-type": "application/xml" });
      response.end(
        `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Storage backend has reached its minimum free drive threshold.</Message></Error>`,
      );
    });
  });
  await new Promise<void>((resolve) => full.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(full.address() as AddressInfo).port}`;
  const error = await caught(() => there.run((store) => store.put("x", "y"), {}, { endpoint, maxAttempts: 1 }));
  full.close();
  expect(error).toBeInstanceOf(QueryError);
  expect(error).toMatchObject({
    code,
    message: expect.stringMatching(/"x" in bucket "brigade".*disk is full: make room/),
  });
});

test("a client is used once", async () => {
  const manager = s3(there.config());
  const error = await caught(() => run(use(manager, () => use(manager, () => sleep(0)))));
  expect(String(error)).toMatch(/in use already/);
});
