/** The objects of the works of object storage. */

/** Bytes. */
const SIZE = 65_536;

/** Coroutines, or loops of promises, that put or get at the same time. */
export const OBJECTS_AT_ONCE = 8;

export const BUCKET = "brigade";

/** What the test's server asks of its clients. */
export const ACCESS = {
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
} as const;

export const BODY: Uint8Array = new Uint8Array(SIZE).fill(7);

export function keyOf(index: number): string {
  return `objects/${index}`;
}

export function checkBody(bytes: Uint8Array): void {
  if (bytes.length !== SIZE || bytes[SIZE - 1] !== 7)
    throw new Error(`An object came back with ${bytes.length} bytes.`);
}
