/** Storms over S3: objects read, and objects written in parts and read again. */
import { readFileSync } from "node:fs";
import { coroutine, run, use } from "brigade";
import { type S3, s3 } from "@brigade/data/s3";
import { afterAll, beforeAll } from "vitest";
import { type S3Server, startS3 } from "../servers/s3.ts";
import type { Subject } from "./storms.ts";
import { describeStorms } from "./suite.ts";

const OBJECTS = 50;
let server: S3Server;
beforeAll(async () => {
  server = await startS3();
  await run(
    use(subject().open(4), function* (store) {
      for (let i = 0; i < OBJECTS; i++) yield* store.put(`object-${i}`, `${i} `.repeat(500));
    }),
  );
}, 60_000);
afterAll(() => server.stop(), 60_000);

/** Open sockets of the server, in /proc/net/tcp: 01 is ESTABLISHED. */
function connections(): number {
  const lines = readFileSync("/proc/net/tcp", "latin1").split("\n");
  const port = `:${server.port.toString(16).toUpperCase().padStart(4, "0")}`;
  return lines.filter((line) => line.trim().split(/\s+/)[1]?.endsWith(port) && / 01 /.test(line)).length;
}

function subject(): Subject<S3> {
  return {
    name: "S3",
    scale: 0.2,
    fifo: false,
    open: () =>
      s3(
        {
          endpoint: server.url,
          region: server.region,
          credentials: server.credentials,
          forcePathStyle: true,
        },
        { bucket: "brigade", grace: 1_000 },
      ),
    ask: coroutine(function* (store: S3, n: number) {
      const { bytes } = yield* store.get(`object-${n % OBJECTS}`);
      const text = Buffer.from(bytes).toString();
      return text === `${n % OBJECTS} `.repeat(500) ? n : -1;
    }),
    slowly: coroutine(function* (store: S3, n: number) {
      const key = `written-${n}`;
      yield* store.put(key, `${n} `.repeat(20_000));
      const { bytes } = yield* store.get(key);
      yield* store.delete([key]);
      return Number.parseInt(Buffer.from(bytes).toString(), 10);
    }),
    connections: () => Promise.resolve(connections()),
    most: () => 50, // the SDK's own bound
  };
}

describeStorms("S3", subject);
