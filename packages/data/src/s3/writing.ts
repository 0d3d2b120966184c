/** Objects on their way there, copied there, and removed there. */
import type { CopyObjectCommandOutput, DeleteObjectsCommandOutput, PutObjectCommandOutput } from "@aws-sdk/client-s3";
import { type Coroutine, coroutine, type CoroutineBody, mapStream, type Source, type Stream, stream } from "brigade";
import { QueryError } from "../errors.ts";
import {
  bucketOf,
  checkedCount,
  checkedKey,
  checkedPartSize,
  type Context,
  given,
  MOST_PARTS,
  unquoted,
} from "./context.ts";
import type { CopyOptions, DeleteOptions, PutOptions, PutResult, S3Body } from "./options.ts";
import { PartBuffers, type Part, partsOf, slicesOf } from "./parts.ts";
import { uploadParts } from "./upload.ts";

const MOST_DELETED = 1_000; // by one request

interface Put {
  readonly bucket: string;
  readonly key: string;
  readonly headers: Record<string, unknown>;
  readonly conditions: Record<string, unknown>;
  readonly partSize: number;
  readonly partsInFlight: number;
}

function putOf(context: Context, key: string, options: PutOptions): Put {
  const { partSize, partsInFlight } = options;
  return {
    bucket: bucketOf(context, options.bucket),
    key: checkedKey(key),
    headers: given({
      ContentType: options.contentType,
      ContentEncoding: options.contentEncoding,
      ContentDisposition: options.contentDisposition,
      CacheControl: options.cacheControl,
      Metadata: options.metadata,
    }),
    conditions: given({ IfNoneMatch: options.ifNoneMatch }),
    partSize: partSize === undefined ? context.partSize : checkedPartSize(partSize),
    partsInFlight:
      partsInFlight === undefined ? context.partsInFlight : checkedCount(partsInFlight, "partsInFlight", MOST_PARTS),
  };
}

const putWhole = coroutine(function* putWhole(context: Context, put: Put, bytes: Uint8Array): CoroutineBody<PutResult> {
  const { bucket, key, headers, conditions } = put;
  const input = { Bucket: bucket, Key: key, Body: bytes, ContentLength: bytes.length, ...headers, ...conditions };
  const command = new context.sdk.PutObjectCommand(input);
  const answer = yield* context.requests.send<PutObjectCommandOutput>(command, { operation: "put", bucket, key });
  return { etag: unquoted(answer.ETag), versionId: answer.VersionId, parts: 0 };
});

/** What was read already, and then the rest. */
const withFirst = stream(function* withFirst(first: Part, rest: Stream<Part>) {
  yield first;
  for (;;) {
    const next = yield* rest.next();
    if (next.done) return;
    yield next.value;
  }
});

const putPieces = coroutine(function* putPieces(
  context: Context,
  put: Put,
  source: Source<Uint8Array | string>,
): CoroutineBody<PutResult> {
  const buffers = new PartBuffers(put.partSize);
  const parts = partsOf(source, put.partSize, buffers);
  try {
    const first = yield* parts.next();
    if (first.done) return yield* putWhole(context, put, new Uint8Array(0));
    if (first.value.bytes.length < put.partSize) return yield* putWhole(context, put, first.value.bytes);
    const all = withFirst(first.value, parts);
    return yield* uploadParts(context.requests, context.sdk, put, all, (part) => buffers.giveBack(part));
  } finally {
    yield* parts.close();
  }
});

export const putObject: (context: Context, key: string, body: S3Body, options: PutOptions) => Coroutine<PutResult> =
  coroutine(function* putObject(context, key, body, options): CoroutineBody<PutResult> {
    const put = putOf(context, key, options);
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    if (!(bytes instanceof Uint8Array)) return yield* putPieces(context, put, bytes);
    if (bytes.length <= put.partSize) return yield* putWhole(context, put, bytes);
    const least = Math.ceil(bytes.length / MOST_PARTS);
    const slices = slicesOf(bytes, Math.max(put.partSize, least));
    return yield* uploadParts(context.requests, context.sdk, put, slices, () => {});
  });

export const copyObject: (context: Context, from: string, to: string, options: CopyOptions) => Coroutine<string> =
  coroutine(function* copyObject(context, from, to, options): CoroutineBody<string> {
    const bucket = bucketOf(context, options.bucket);
    const path = `${options.fromBucket ?? bucket}/${checkedKey(from)}`;
    const CopySource = path.split("/").map(encodeURIComponent).join("/");
    const command = new context.sdk.CopyObjectCommand({ Bucket: bucket, Key: checkedKey(to), CopySource });
    const subject = { operation: `copy from "${path}"`, bucket, key: to };
    const answer = yield* context.requests.send<CopyObjectCommandOutput>(command, subject);
    return unquoted(answer.CopyObjectResult?.ETag);
  });

const deleteSome = coroutine(function* deleteSome(
  context: Context,
  bucket: string,
  keys: readonly string[],
): CoroutineBody<void> {
  const Objects = keys.map((Key) => ({ Key }));
  const command = new context.sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
  const subject = { operation: "delete", bucket, key: keys[0] };
  const { Errors = [] } = yield* context.requests.send<DeleteObjectsCommandOutput>(command, subject);
  const [first] = Errors;
  if (first === undefined) return;
  const others = Errors.length === 1 ? "" : `, and of ${Errors.length - 1} others`;
  const message = `delete of "${first.Key}" in bucket "${bucket}"${others} failed: ${first.Message} (${first.Code})`;
  throw new QueryError(message, first.Code ?? "Unknown", {
    details: { keys: Errors.map(({ Key }) => Key).join("\n") },
  });
});

const same = coroutine(function* same<T>(item: T) {
  return item;
});

export const deleteObjects: (
  context: Context,
  keys: string | Source<string>,
  options: DeleteOptions,
) => Coroutine<number> = coroutine(function* deleteObjects(context, keys, options): CoroutineBody<number> {
  const bucket = bucketOf(context, options.bucket);
  const source = mapStream(typeof keys === "string" ? [keys] : keys, same, { limit: 1 });
  let deleted = 0;
  try {
    for (let ended = false; !ended; ) {
      const some: string[] = [];
      while (!ended && some.length < MOST_DELETED) {
        const next = yield* source.next();
        if (next.done) ended = true;
        else some.push(checkedKey(next.value));
      }
      if (some.length > 0) yield* deleteSome(context, bucket, some);
      deleted += some.length;
    }
  } finally {
    yield* source.close();
  }
  return deleted;
});
