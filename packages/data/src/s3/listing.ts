/** Keys in their order, page by page as they are read. */
import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { type Stream, stream } from "brigade";
import { bucketOf, checkedCount, type Context, given, unquoted } from "./context.ts";
import type { ListedObject, ListedPrefix, ListOptions } from "./options.ts";

const MOST_LISTED = 1_000; // by one request

export const listObjects: (
  context: Context,
  prefix: string,
  options: ListOptions & { readonly delimiter?: string },
) => Stream<ListedObject | ListedPrefix> = stream(function* listObjects(
  context: Context,
  prefix: string,
  options: ListOptions & { readonly delimiter?: string },
) {
  const bucket = bucketOf(context, options.bucket);
  const fixed = given({
    Prefix: prefix === "" ? undefined : prefix,
    Delimiter: options.delimiter,
    StartAfter: options.startAfter,
    MaxKeys: options.pageSize === undefined ? undefined : checkedCount(options.pageSize, "pageSize", MOST_LISTED),
  });
  let token: string | undefined;
  do {
    context.requests.checkOpen();
    const command = new context.sdk.ListObjectsV2Command({
      Bucket: bucket,
      ...fixed,
      ...given({ ContinuationToken: token }),
    });
    const subject = { operation: "list", bucket };
    const page: ListObjectsV2CommandOutput = yield* context.requests.send<ListObjectsV2CommandOutput>(command, subject);
    for (const { Prefix = "" } of page.CommonPrefixes ?? []) yield { prefix: Prefix };
    for (const one of page.Contents ?? []) {
      const { Key: key = "", Size: size = 0, LastModified: lastModified } = one;
      yield { key, size, etag: unquoted(one.ETag), lastModified };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
});
