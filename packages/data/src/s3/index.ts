/** The public names of "@brigade/data/s3". */
export { ConnectError, ConnectionLostError, MissingDriverError, QueryError } from "../errors.ts";
export { s3 } from "./connect.ts";
export type {
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
  S3Options,
  StoredObject,
} from "./options.ts";
export type { S3, S3Command } from "./store.ts";
export { UnfinishedUploadError } from "./upload.ts";
