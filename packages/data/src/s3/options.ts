/** What `s3()` and its calls take and give. */
import type { Duration, Source } from "brigade";

export interface S3Options {
  /** The bucket of every call that names none. */
  readonly bucket?: string;
  /**
   * How long a cancelled call may go on: until its answer has come, and for an upload in parts until the server has said
   * that it is aborted. Default: 5 s.
   */
  readonly grace?: Duration;
  /** Bytes of a part; what is larger is uploaded in parts. 5 MiB to 5 GiB. Default: 8 MiB. An object has 10,000 parts at most. */
  readonly partSize?: number;
  /** How many parts of one upload are sent at once. Each is held in memory until it is there. Default: 4. */
  readonly partsInFlight?: number;
}

/** What is uploaded: bytes, a text, or either piece by piece, whose total length need not be known. */
export type S3Body = Uint8Array | string | Source<Uint8Array | string>;

interface InBucket {
  /** Instead of the bucket that `s3()` was told. */
  readonly bucket?: string;
}

export interface GetOptions extends InBucket {
  /** The bytes from `start` to `end`, both counted from 0, `end` not included. Without `end`: the rest. */
  readonly range?: { readonly start: number; readonly end?: number };
  /** Fails (`QueryError`, code "PreconditionFailed") if the object is no longer the one with this entity tag. */
  readonly ifMatch?: string;
  readonly versionId?: string;
}

export interface PutOptions extends InBucket {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly cacheControl?: string;
  /** The user's own: names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Only if there is no such object yet ("*"); otherwise `QueryError`, code "PreconditionFailed". Not every server knows it. */
  readonly ifNoneMatch?: "*";
  /** Instead of those of `s3()`. */
  readonly partSize?: number;
  readonly partsInFlight?: number;
}

export interface ListOptions extends InBucket {
  /** Only keys behind this one. */
  readonly startAfter?: string;
  /** How many the server gives at once: 1 to 1,000. Default: 1,000. */
  readonly pageSize?: number;
}

export interface HeadOptions extends InBucket {
  readonly versionId?: string;
}

export interface CopyOptions extends InBucket {
  /** Where the object is that is copied. Default: the same bucket. */
  readonly fromBucket?: string;
}

export interface DeleteOptions extends InBucket {}

/** What the server says of an object. */
export interface ObjectInfo {
  readonly key: string;
  /** Bytes; of a range, its own. */
  readonly size: number;
  /** The entity tag, without quotation marks. */
  readonly etag: string;
  readonly lastModified: Date | undefined;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly versionId: string | undefined;
}

/** An object with its bytes. */
export interface StoredObject extends ObjectInfo {
  readonly bytes: Uint8Array;
  /** The bytes as UTF-8. */
  text(): string;
}

export interface PutResult {
  readonly etag: string;
  readonly versionId: string | undefined;
  /** In how many parts it was uploaded; 0: in one request. */
  readonly parts: number;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date | undefined;
}

/** What keys have in common up to a delimiter: a folder, so to speak. */
export interface ListedPrefix {
  readonly prefix: string;
}
