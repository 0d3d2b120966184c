/** Objects on their way here: whole, piece by piece, or what is said of them. */
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import {
  type Awaitable,
  type Coroutine,
  coroutine,
  type CoroutineBody,
  fromCallback,
  type Stream,
  stream,
} from "brigade";
import { QueryError } from "../errors.ts";
import { BodyReader } from "./body.ts";
import { bucketOf, checkedKey, type Context, given, unquoted } from "./context.ts";
import type { Subject } from "./failure.ts";
import type { GetOptions, HeadOptions, ObjectInfo, StoredObject } from "./options.ts";

interface Headers {
  readonly ETag?: string | undefined;
  readonly ContentLength?: number | undefined;
  readonly LastModified?: Date | undefined;
  readonly ContentType?: string | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly VersionId?: string | undefined;
}

function infoOf(key: string, headers: Headers): ObjectInfo {
  return {
    key,
    size: headers.ContentLength ?? 0,
    etag: unquoted(headers.ETag),
    lastModified: headers.LastModified,
    contentType: headers.ContentType,
    metadata: headers.Metadata ?? {},
    versionId: headers.VersionId,
  };
}

function rangeOf(range: GetOptions["range"]): string | undefined {
  if (range === undefined) return undefined;
  const { start, end } = range;
  const last = end === undefined ? "" : end - 1;
  const right = Number.isInteger(start) && start >= 0 && (end === undefined || (Number.isInteger(end) && end > start));
  if (right) return `bytes=${start}-${last}`;
  throw new RangeError(`range: whole numbers with 0 ≤ start < end, not ${start} to ${end}`);
}

interface Asked {
  readonly command: object;
  readonly subject: Subject;
}

function asked(context: Context, key: string, options: GetOptions): Asked {
  const bucket = bucketOf(context, options.bucket);
  const { ifMatch: IfMatch, versionId: VersionId } = options;
  const fields = given({ Range: rangeOf(options.range), IfMatch, VersionId });
  const command = new context.sdk.GetObjectCommand({ Bucket: bucket, Key: checkedKey(key), ...fields });
  return { command, subject: { operation: "get", bucket, key } };
}

export const getObject: (context: Context, key: string, options: GetOptions) => Coroutine<StoredObject> = coroutine(
  function* getObject(context, key, options): CoroutineBody<StoredObject> {
    const { command, subject } = asked(context, key, options);
    const abort = new AbortController();
    const over = context.requests.transfer(abort);
    const whole = async (answer: GetObjectCommandOutput): Promise<StoredObject> => {
      const body = new BodyReader(answer.Body, abort);
      const bytes = await body.rest(answer.ContentLength);
      return { ...infoOf(key, answer), bytes, text: () => new TextDecoder().decode(bytes) };
    };
    try {
      return yield* context.requests.send(command, subject, { abort, then: whole });
    } finally {
      over();
    }
  },
);

export const readObject: (context: Context, key: string, options: GetOptions) => Stream<Uint8Array> = stream(
  function* readObject(context: Context, key: string, options: GetOptions) {
    const { requests } = context;
    requests.checkOpen();
    const { command, subject } = asked(context, key, options);
    const abort = new AbortController();
    const over = requests.transfer(abort);
    let body: BodyReader | undefined;
    try {
      body = yield* requests.send(command, subject, {
        abort,
        then: (answer: GetObjectCommandOutput) => new BodyReader(answer.Body, abort),
      });
      for (;;) {
        const bytes = yield* piece(body, (error) => requests.errorFor(error, subject, abort));
        if (bytes === undefined) return;
        yield bytes;
      }
    } finally {
      // Also of an answer that came when nobody waited any more.
      abort.abort();
      body?.close();
      over();
    }
  },
);

/** The next bytes of a body. Cancellation leaves at once: whoever waits closes the body, which ends the transfer. */
function piece(body: BodyReader, errorFor: (error: unknown) => Error): Awaitable<Uint8Array | undefined> {
  return fromCallback((reply) => {
    body.next().then(
      (bytes) => reply.succeed(bytes),
      (error: unknown) => reply.fail(errorFor(error)),
    );
    return undefined;
  }, "S3 body");
}

export const headObject: (context: Context, key: string, options: HeadOptions) => Coroutine<ObjectInfo | undefined> =
  coroutine(function* headObject(context, key, options): CoroutineBody<ObjectInfo | undefined> {
    const bucket = bucketOf(context, options.bucket);
    const input = { Bucket: bucket, Key: checkedKey(key), ...given({ VersionId: options.versionId }) };
    const subject = { operation: "head", bucket, key };
    try {
      const command = new context.sdk.HeadObjectCommand(input);
      return infoOf(key, yield* context.requests.send<HeadObjectCommandOutput>(command, subject));
    } catch (error) {
      if (error instanceof QueryError && error.details["status"] === "404") return undefined;
      throw error;
    }
  });
