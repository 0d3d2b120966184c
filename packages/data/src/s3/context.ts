/** What every call of one client needs. */
import type { Requests } from "./requests.ts";
import type { Sdk } from "./sdk.ts";

const MIB = 1024 * 1024;
const LEAST_PART = 5 * MIB;
const LARGEST_PART = 5 * 1024 * MIB;
/** S3's own limit. */
export const MOST_PARTS = 10_000;

export interface Context {
  readonly requests: Requests;
  readonly sdk: Sdk;
  readonly bucket: string | undefined;
  readonly partSize: number;
  readonly partsInFlight: number;
}

export function bucketOf(context: Context, named: string | undefined): string {
  const bucket = named ?? context.bucket;
  if (bucket !== undefined && bucket !== "") return bucket;
  throw new TypeError("which bucket? Give s3() one for all calls (`bucket`), or this call its own");
}

export function checkedKey(key: unknown): string {
  if (typeof key === "string" && key !== "") return key;
  throw new TypeError(`a key is a string that is not empty, not ${key === "" ? '""' : typeof key}`);
}

export function checkedPartSize(size: number = 8 * MIB): number {
  if (Number.isInteger(size) && size >= LEAST_PART && size <= LARGEST_PART) return size;
  throw new RangeError(`partSize: a part has 5 MiB to 5 GiB (${LEAST_PART} to ${LARGEST_PART} bytes), not ${size}`);
}

export function checkedCount(count: number, option: string, most: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new RangeError(`${option}: a whole number from 1 to ${most}, not ${count}`);
}

/** Fields that are set: the SDK takes one that is `undefined` for given. */
export function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function unquoted(etag: string | undefined): string {
  return etag?.replace(/^"|"$/g, "") ?? "";
}
