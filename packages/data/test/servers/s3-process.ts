/**
 * An S3 server in a process of its own: s3rver, and what S3 has and s3rver lacks. Uploads can be aborted and listed, parts of an
 * upload that is gone are refused, and an object appears whole or not at all.
 *
 * `node s3-process.ts <port> <folder> <bucket,bucket>` prints its port when it listens, and ends when its input does.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";

interface Store {
  putContent(path: string, content: Readable | Buffer): Promise<[size: number, md5: string]>;
  putPart(bucket: string, upload: string, part: string, content: Readable): Promise<unknown>;
  getResourcePath(bucket: string, key: string | undefined, resource: string): string;
}

interface Context {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly state: Record<string, unknown>;
  mountPath: string | undefined;
  status: number;
  body: unknown;
}

type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

interface Server {
  readonly store: Store;
  readonly middleware: Middleware[];
  use(middleware: Middleware): void;
  run(): Promise<{ port: number }>;
}

const require = createRequire(import.meta.url);

// s3rver's continuation tokens are DES, which OpenSSL 3 no longer has. Triple DES with one key thrice is the same.
const crypto = require("node:crypto") as {
  createCipheriv: (algorithm: string, key: Buffer, iv: Buffer) => unknown;
  createDecipheriv: (algorithm: string, key: Buffer, iv: Buffer) => unknown;
};
for (const name of ["createCipheriv", "createDecipheriv"] as const) {
  const original = crypto[name];
  crypto[name] = (algorithm, key, iv) =>
    algorithm === "des" ? original("des-ede3-cbc", Buffer.concat([key, key, key]), iv) : original(algorithm, key, iv);
}

const S3rver = require("@20minutes/s3rver") as new (options: Record<string, unknown>) => Server;
const S3Error = require("@20minutes/s3rver/lib/models/error") as new (code: string, message: string) => Error;

const [port = "0", folder = "", buckets = ""] = process.argv.slice(2);

const server = new S3rver({
  address: "127.0.0.1",
  port: Number(port),
  directory: folder,
  silent: true,
  vhostBuckets: false,
  configureBuckets: buckets
    .split(",")
    .filter(Boolean)
    .map((name) => ({ name })),
});

/** The folder of a bucket's unfinished uploads. */
const uploadsOf = (bucket: string): string => server.store.getResourcePath(bucket, undefined, "uploads");

const namesIn = (path: string): Promise<string[]> => readdir(path).catch(() => []);

function noSuchUpload(): Error {
  return new S3Error("NoSuchUpload", "The specified multipart upload does not exist.");
}

/** Written beside its place and then moved there; what was cut off is removed. */
const { store } = server;
const putContent = store.putContent.bind(store);
store.putContent = async (path, content) => {
  const unfinished = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const written = await putContent(unfinished, content);
    await rename(unfinished, path);
    return written;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
};

const putPart = store.putPart.bind(store);
store.putPart = async (bucket, upload, part, content) => {
  const path = join(uploadsOf(bucket), upload);
  if (!existsSync(path)) throw noSuchUpload();
  const written = await putPart(bucket, upload, part, content);
  // Aborted meanwhile: it must not come back.
  if (!existsSync(join(path, "key"))) {
    await rm(path, { recursive: true, force: true });
    throw noSuchUpload();
  }
  return written;
};

async function listUploads(bucket: string): Promise<unknown> {
  const uploads: unknown[] = [];
  for (const id of await namesIn(uploadsOf(bucket))) {
    const key = await readFile(join(uploadsOf(bucket), id, "key"), "utf8").catch(() => undefined);
    if (key !== undefined) uploads.push({ Key: key, UploadId: id, Initiated: new Date().toISOString() });
  }
  return { ListMultipartUploadsResult: { Bucket: bucket, IsTruncated: false, Upload: uploads } };
}

async function listParts(bucket: string, key: string, upload: string): Promise<unknown> {
  const path = join(uploadsOf(bucket), upload);
  if (!existsSync(join(path, "key"))) throw noSuchUpload();
  const parts: { PartNumber: number; ETag: string; Size: number }[] = [];
  for (const name of await namesIn(path)) {
    if (!/^\d+\.md5$/.test(name)) continue;
    const number = Number.parseInt(name, 10);
    const md5 = await readFile(join(path, name), "utf8");
    parts.push({ PartNumber: number, ETag: `"${md5}"`, Size: (await stat(join(path, String(number)))).size });
  }
  parts.sort((a, b) => a.PartNumber - b.PartNumber);
  return { ListPartsResult: { Bucket: bucket, Key: key, UploadId: upload, IsTruncated: false, Part: parts } };
}

async function abortUpload(bucket: string, upload: string): Promise<void> {
  const path = join(uploadsOf(bucket), upload);
  if (!existsSync(join(path, "key"))) throw noSuchUpload();
  await rm(path, { recursive: true, force: true });
}

server.use(async (context, next) => {
  const [, bucket = "", ...rest] = decodeURIComponent(context.path).split("/");
  const key = rest.join("/");
  const upload = context.query["uploadId"];
  if (key === "" && bucket !== "" && context.path.endsWith("/")) {
    // What is signed is "/bucket/", and s3rver would sign "/bucket": these two make it put the slash behind.
    context.state["vhost"] = true;
    context.mountPath = "/";
  }
  if (context.method === "GET" && key === "" && "uploads" in context.query) {
    context.body = await listUploads(bucket);
  } else if (context.method === "GET" && upload !== undefined) {
    context.body = await listParts(bucket, key, upload);
  } else if (context.method === "DELETE" && upload !== undefined) {
    await abortUpload(bucket, upload);
    context.status = 204;
  } else {
    await next();
  }
});
// Before the routes, which answer all else, and behind what turns objects into XML.
const last = server.middleware.pop();
if (last !== undefined) server.middleware.splice(-1, 0, last);

const { port: listening } = await server.run();
console.log(String(listening));
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0));
process.stdin.resume();
