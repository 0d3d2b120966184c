/** Objects in buckets: calls that can be cancelled, and that leave nothing behind. */
import type { Awaitable, Source, Stream } from "brigade";
import type { Context } from "./context.ts";
import { listObjects } from "./listing.ts";
import type {
  CopyOptions,
  DeleteOptions,
  GetOptions,
  HeadOptions,
  ListedObject,
  ListedPrefix,
  ListOptions,
  ObjectInfo,
  PutOptions,
  PutResult,
  S3Body,
  StoredObject,
} from "./options.ts";
import { getObject, headObject, readObject } from "./reading.ts";
import { copyObject, deleteObjects, putObject } from "./writing.ts";

/** A command of the SDK, whose answer is an `Output`: `new GetBucketTaggingCommand({ … })`. */
export interface S3Command<Output> {
  readonly input: object;
  resolveMiddleware(
    ...args: never[]
  ): (...args: never[]) => Promise<{ readonly output: Output; readonly response: unknown }>;
}

/**
 * A client of one S3 server, as `s3()` gives it. A cancelled call is cut off, and its task unwinds when that is done, `grace` later
 * at most; a call that was cut off may have been done. Throws `QueryError` for what the server refuses, whose `code` is S3's
 * ("NoSuchKey", "NoSuchBucket", "AccessDenied"); `ConnectError` where there is no server, or none that knows this user;
 * `ConnectionLostError` when the connection breaks, after the SDK has tried again (`maxAttempts`, default 3).
 */
export class S3 {
  readonly #context: Context;

  /** @internal */
  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * The whole object. For large ones there is `read`. Throws `QueryError` with the code "NoSuchKey" if there is none. (boto3:
   * `get_object`.)
   *
   * @example
   * ```ts no-run
   * import { s3 } from "@brigade/data/s3";
   * import { run, use } from "brigade";
   *
   * const settings = await run(
   *   use(s3({ region: "eu-central-1" }, { bucket: "settings" }), function* (store) {
   *     const object = yield* store.get("app.json");
   *     return JSON.parse(object.text());
   *   }),
   * );
   * ```
   */
  get(key: string, options: GetOptions = {}): Awaitable<StoredObject> {
    return this.#context.requests.operation(() => getObject(this.#context, key, options));
  }

  /**
   * The object's bytes, piece by piece as they are read: memory stays flat, however large it is. Asked for when it is first read.
   * Closing the stream, and cancellation, end the transfer and give its socket back. Throws as `get`; `ConnectionLostError` when the
   * connection breaks on the way.
   *
   * @example
   * ```ts no-run
   * import { s3 } from "@brigade/data/s3";
   * import { forEach, run, use } from "brigade";
   *
   * let size = 0;
   * await run(
   *   use(s3({ region: "eu-central-1" }), (store) =>
   *     forEach(store.read("films/1.mp4", { bucket: "films" }), (bytes) => {
   *       size += bytes.length;
   *     }),
   *   ),
   * );
   * ```
   */
  read(key: string, options: GetOptions = {}): Stream<Uint8Array> {
    return readObject(this.#context, key, options);
  }

  /**
   * Uploads an object, over the old one if there is one: whole or not at all. What is larger than `partSize` goes in parts,
   * `partsInFlight` at once; of a source no more than these are held in memory. When the upload fails, or the task is cancelled, the
   * parts are aborted on the server before the task unwinds; what a source throws is thrown on. Throws `UnfinishedUploadError` when
   * the server can't be told. (boto3: `upload_fileobj`.)
   *
   * @example
   * ```ts no-run
   * import { s3 } from "@brigade/data/s3";
   * import { run, use } from "brigade";
   * import { readChunks } from "brigade/node";
   *
   * await run(
   *   use(s3({ region: "eu-central-1" }, { bucket: "backups" }), function* (store) {
   *     yield* store.put("notes.txt", "remember the salt", { contentType: "text/plain" });
   *     yield* store.put("orders.csv", readChunks("orders.csv"));
   *   }),
   * );
   * ```
   */
  put(key: string, body: S3Body, options: PutOptions = {}): Awaitable<PutResult> {
    return this.#context.requests.operation(() => putObject(this.#context, key, body, options));
  }

  /** What the server says of the object; undefined if there is none, or no such bucket. (boto3: `head_object`.) */
  head(key: string, options: HeadOptions = {}): Awaitable<ObjectInfo | undefined> {
    return this.#context.requests.operation(() => headObject(this.#context, key, options));
  }

  /**
   * The objects whose keys begin with the prefix, in the order of their keys, as a stream; a page is asked for when it is read. With
   * a `delimiter`, keys that have it behind the prefix come as what they have in common: `list("", { delimiter: "/" })` is the
   * topmost folders and files. (boto3: the paginator of `list_objects_v2`.)
   *
   * @example
   * ```ts no-run
   * import { s3 } from "@brigade/data/s3";
   * import { forEach, run, use } from "brigade";
   *
   * await run(
   *   use(s3({ region: "eu-central-1" }, { bucket: "photos" }), (store) =>
   *     forEach(store.list("2026/"), (object) => console.log(object.key, object.size)),
   *   ),
   * );
   * ```
   */
  list(prefix?: string, options?: ListOptions & { readonly delimiter?: undefined }): Stream<ListedObject>;
  list(prefix: string, options: ListOptions & { readonly delimiter: string }): Stream<ListedObject | ListedPrefix>;
  list(
    prefix = "",
    options: ListOptions & { readonly delimiter?: string | undefined } = {},
  ): Stream<ListedObject> | Stream<ListedObject | ListedPrefix> {
    return listObjects(this.#context, prefix, options as ListOptions);
  }

  /**
   * Deletes one object, or all whose keys the source gives, 1,000 by one request. Gives how many were named; those that were not there
   * count. Throws `QueryError` if some could not be deleted: `details.keys` has them. (boto3: `delete_objects`.)
   */
  delete(keys: string | Source<string>, options: DeleteOptions = {}): Awaitable<number> {
    return this.#context.requests.operation(() => deleteObjects(this.#context, keys, options));
  }

  /** Copies an object on the server, up to 5 GiB. Gives the entity tag of the copy. (boto3: `copy_object`.) */
  copy(from: string, to: string, options: CopyOptions = {}): Awaitable<string> {
    return this.#context.requests.operation(() => copyObject(this.#context, from, to, options));
  }

  /**
   * Sends any command of the SDK and waits for its answer. A body in it has to be read or destroyed by the caller.
   *
   * @example
   * ```ts no-run
   * import { CreateBucketCommand } from "@aws-sdk/client-s3";
   * import { s3 } from "@brigade/data/s3";
   * import { run, use } from "brigade";
   *
   * await run(
   *   use(s3({ region: "eu-central-1" }), (store) => store.send(new CreateBucketCommand({ Bucket: "photos" }))),
   * );
   * ```
   */
  send<Output>(command: S3Command<Output>): Awaitable<Output> {
    const { Bucket: bucket, Key: key } = command.input as { Bucket?: string; Key?: string };
    const subject = { operation: command.constructor.name.replace(/Command$/, ""), bucket, key };
    return this.#context.requests.operation(() => this.#context.requests.send<Output>(command, subject));
  }
}
