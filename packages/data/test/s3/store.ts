/** An S3 server for a test file, and clients of it. Time is real: the server lives in it. */
import { ListMultipartUploadsCommand, type S3ClientConfig } from "@aws-sdk/client-s3";
import { type S3, s3, type S3Options } from "@brigade/data/s3";
import { type AwaitableLike, coroutine, run, type Stream, stream, use } from "brigade";
import { afterAll, beforeAll } from "vitest";
import { type S3Server, startS3 } from "../servers/s3.ts";

export const MIB: number = 1024 * 1024;

/** Started before the tests of a file, and stopped behind them. */
export class TestServer {
  #server: S3Server | undefined;

  constructor() {
    beforeAll(async () => {
      this.#server = await startS3();
    }, 60_000);
    afterAll(() => this.#server?.stop());
  }

  get server(): S3Server {
    if (this.#server === undefined) throw new Error("the server is started by beforeAll");
    return this.#server;
  }

  config(changes: S3ClientConfig = {}): S3ClientConfig {
    const { url: endpoint, region, credentials } = this.server;
    return { region, endpoint, credentials, forcePathStyle: true, ...changes };
  }

  /** Runs a body with a client. */
  run<T>(body: (store: S3) => AwaitableLike<T>, options: S3Options = {}, changes: S3ClientConfig = {}): Promise<T> {
    return run(use(s3(this.config(changes), { bucket: "brigade", ...options }), body));
  }

  /** The keys of uploads that were begun, and neither completed nor aborted. */
  unfinished(): Promise<string[]> {
    return this.run(
      coroutine(function* unfinished(store: S3) {
        const { Uploads = [] } = yield* store.send(new ListMultipartUploadsCommand({ Bucket: "brigade" }));
        return Uploads.map(({ Key = "" }) => Key);
      }),
    );
  }
}

/** Bytes that say where they stand: each MiB differs from the others. */
export function bytes(count: number, seed = 0): Buffer {
  const all = Buffer.alloc(count);
  for (let at = 0; at < count; at += 4096) all.fill((at / 4096 + seed * 31) % 251, at, Math.min(at + 4096, count));
  return all;
}

/** As they come from a file or a socket: piece by piece, of an odd size. */
export const pieces: (all: Uint8Array, size?: number) => Stream<Uint8Array> = stream(function* pieces(
  all: Uint8Array,
  size: number = 99_991,
) {
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
});

export function caught(body: () => Promise<unknown>): Promise<unknown> {
  return body().then(
    () => undefined,
    (error: unknown) => error,
  );
}
