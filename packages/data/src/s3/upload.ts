/** An upload in parts: complete in the end, or aborted on the server. */
import type {
  AbortMultipartUploadCommandOutput,
  CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommandOutput,
  UploadPartCommandOutput,
} from "@aws-sdk/client-s3";
import { type Coroutine, coroutine, type CoroutineBody, forEach, moveOnAfter, shield, type Source } from "brigade";
import { QueryError } from "../errors.ts";
import { MOST_PARTS, unquoted } from "./context.ts";
import type { PutResult } from "./options.ts";
import type { Part } from "./parts.ts";
import type { Requests } from "./requests.ts";
import type { Sdk } from "./sdk.ts";

/**
 * An upload in parts failed or was cancelled, and the server could not be told to abort it: its parts stay in the bucket, unseen, and
 * are paid for, until the upload is aborted (`AbortMultipartUploadCommand`) or the bucket's lifecycle rule does it.
 */
export class UnfinishedUploadError extends Error {
  override readonly name: string = "UnfinishedUploadError";
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;

  constructor(bucket: string, key: string, uploadId: string, why: string, options?: ErrorOptions) {
    super(
      `the upload of "${key}" to bucket "${bucket}" could not be aborted: ${why}; its parts stay there until ` +
        `AbortMultipartUploadCommand is sent with the upload id ${uploadId}`,
      options,
    );
    this.bucket = bucket;
    this.key = key;
    this.uploadId = uploadId;
  }
}

/** Where to, and with what headers. */
export interface UploadTarget {
  readonly bucket: string;
  readonly key: string;
  /** For `CreateMultipartUploadCommand`. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** For `CompleteMultipartUploadCommand`. */
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly partsInFlight: number;
}

type State =
  | "unknown" // there may be an upload on the server, or not
  | "begun"
  | "gone"; // completed, or never begun

class Upload {
  state: State = "unknown";
  uploadId = "";
  readonly #requests: Requests;
  readonly #sdk: Sdk;
  readonly #target: UploadTarget;
  readonly #etags: (string | undefined)[] = [];

  constructor(requests: Requests, sdk: Sdk, target: UploadTarget) {
    this.#requests = requests;
    this.#sdk = sdk;
    this.#target = target;
  }

  get #input(): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.#target.bucket, Key: this.#target.key, UploadId: this.uploadId };
  }

  #subject(operation: string): { operation: string; bucket: string; key: string } {
    return { operation, bucket: this.#target.bucket, key: this.#target.key };
  }

  *begin(): CoroutineBody<void> {
    const { bucket: Bucket, key: Key, headers } = this.#target;
    const command = new this.#sdk.CreateMultipartUploadCommand({ Bucket, Key, ...headers });
    yield* this.#requests.send<CreateMultipartUploadCommandOutput, void>(command, this.#subject("upload"), {
      onCancel: "await-answer", // only the answer says what there is to abort
      then: ({ UploadId }) => {
        this.uploadId = UploadId ?? "";
        this.state = "begun";
      },
    });
  }

  *part(part: Part): CoroutineBody<void> {
    if (part.number > MOST_PARTS)
      throw new RangeError(`"${this.#target.key}" is larger than ${MOST_PARTS} parts: give a larger \`partSize\``);
    const input = { ...this.#input, PartNumber: part.number, Body: part.bytes };
    const { ETag } = yield* this.#requests.send<UploadPartCommandOutput>(
      new this.#sdk.UploadPartCommand(input),
      this.#subject(`upload of part ${part.number}`),
    );
    this.#etags[part.number - 1] = ETag;
  }

  *complete(): CoroutineBody<PutResult> {
    const Parts = this.#etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
    const input = { ...this.#input, MultipartUpload: { Parts }, ...this.#target.conditions };
    const command = new this.#sdk.CompleteMultipartUploadCommand(input);
    return yield* this.#requests.send<CompleteMultipartUploadCommandOutput, PutResult>(
      command,
      this.#subject("completion"),
      {
        onCancel: "await-answer",
        then: (answer) => {
          this.state = "gone";
          return { etag: unquoted(answer.ETag), versionId: answer.VersionId, parts: Parts.length };
        },
      },
    );
  }

  *abort(reason: unknown): CoroutineBody<void> {
    let why = "the server did not answer in time";
    try {
      const command = new this.#sdk.AbortMultipartUploadCommand(this.#input);
      const sent = this.#requests.send<AbortMultipartUploadCommandOutput>(command, this.#subject("abort"), {
        cleanup: true,
      });
      if ((yield* moveOnAfter(this.#requests.grace, sent)) !== undefined) return;
    } catch (error) {
      if (error instanceof QueryError && error.code === "NoSuchUpload") return;
      why = (error as Error).message;
    }
    const { bucket, key } = this.#target;
    const cause = reason === undefined ? undefined : { cause: reason };
    throw new UnfinishedUploadError(bucket, key, this.uploadId, why, cause);
  }
}

/**
 * Uploads the parts, `partsInFlight` at once; `sent` is called with those that are there. On every path that does not complete the
 * upload, it is aborted.
 */
export const uploadParts: (
  requests: Requests,
  sdk: Sdk,
  target: UploadTarget,
  parts: Source<Part>,
  sent: (part: Part) => void,
) => Coroutine<PutResult> = coroutine(
  function* uploadParts(requests, sdk, target, parts, sent): CoroutineBody<PutResult> {
    const upload = new Upload(requests, sdk, target);
    const one = coroutine(function* uploadPart(part: Part): CoroutineBody<void> {
      yield* upload.part(part);
      sent(part);
    });
    let failure: unknown;
    try {
      yield* upload.begin();
      yield* forEach(parts, one, { limit: target.partsInFlight });
      return yield* upload.complete();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      if (upload.state === "begun") yield* shield(upload.abort(failure));
    }
  },
);
