/** The AWS SDK, loaded when it is needed: who has no use for S3 need not install it. */
import { type Awaitable, fromPromise } from "brigade";
import { MissingDriverError } from "../errors.ts";

export type Sdk = typeof import("@aws-sdk/client-s3");

export function loadSdk(): Awaitable<Sdk> {
  return fromPromise(async () => {
    try {
      return await import("@aws-sdk/client-s3");
    } catch (error) {
      throw new MissingDriverError("s3()", ["@aws-sdk/client-s3"], { cause: error });
    }
  });
}
