/** Bodies: too long, compressed rightly and wrongly, bombs, and text whose characters and lines are torn apart. */
import * as zlib from "node:zlib";
import type { Behaviour, Visit } from "./behaviour.ts";

const plain: Buffer = Buffer.from("The quick brown fox jumps over the lazy dog. ".repeat(400));

/** What `/encoded` says, decoded. */
export const encodedText: string = plain.toString();

const encoders: Readonly<Record<string, (data: Uint8Array) => Buffer>> = {
  gzip: (data) => zlib.gzipSync(data),
  "x-gzip": (data) => zlib.gzipSync(data),
  br: (data) => zlib.brotliCompressSync(data),
  deflate: (data) => zlib.deflateSync(data),
  "deflate-raw": (data) => zlib.deflateRawSync(data),
  zstd: (data) => zlib.zstdCompressSync(data, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } }),
};

/** `/encoded/gzip?state=right`, or `corrupt`, or `truncated`. `/encoded/gzip,br` is encoded twice. */
function encoded({ response, query, rest }: Visit): void {
  const names = (rest[0] ?? "").split(",");
  let body = plain;
  for (const name of names) body = encoders[name]?.(body) ?? body;
  const state = query.get("state") ?? "right";
  if (state === "corrupt") body = Buffer.concat([body.subarray(0, 12), Buffer.alloc(8, 0xff), body.subarray(20)]);
  if (state === "truncated") body = body.subarray(0, Math.floor(body.byteLength / 2));
  response.setHeader("content-encoding", names.join(", ").replace("deflate-raw", "deflate"));
  response.setHeader("content-length", body.byteLength).end(body);
}

const bombs = new Map<string, Buffer>();

/** Ten million zeros are ten thousand bytes; a gzip file may be many of those, one behind the other. */
function bombOf(kind: string): Buffer {
  let made = bombs.get(kind);
  if (made === undefined) {
    const member = zlib.gzipSync(Buffer.alloc(10_000_000), { level: 9 });
    made = Buffer.concat(Array.from({ length: 1_000 }, () => member));
    if (kind === "nested") made = zlib.gzipSync(made);
    bombs.set(kind, made);
  }
  return made;
}

/** `/bomb/gzip`: 10 GB in 10 MB. `/bomb/nested`: the same in 30 kB, by two layers. */
function bomb({ response, rest }: Visit): void {
  const kind = rest[0] ?? "gzip";
  response.setHeader("content-encoding", kind === "nested" ? "gzip, gzip" : "gzip").end(bombOf(kind));
}

/** `/sized/1000`: as many bytes, announced. */
function sized({ server, request, response, rest }: Visit): void {
  request.resume();
  const length = Number(rest[0]);
  response.writeHead(200, { "content-length": length });
  feed({ server, response }, length);
}

/** Writes as the client takes it; what it took is counted under `bytes`. */
function feed({ server, response }: Pick<Visit, "server" | "response">, length: number): void {
  const piece = Buffer.alloc(16_384, "x");
  let left = length;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      const next = piece.subarray(0, Math.min(left, piece.byteLength));
      left -= next.byteLength;
      server.counts.set("bytes", (server.counts.get("bytes") ?? 0) + next.byteLength);
      if (!response.write(next)) return;
    }
    if (left === 0) response.end();
  };
  response.on("drain", more);
  more();
}

/** `/pieces?piece=a&piece=b&type=…`: each percent-encoded byte for byte, and sent on its own. */
function pieces({ response, query, request }: Visit): void {
  const raw = [...(request.url ?? "").matchAll(/[?&]piece=([^&]*)/g)].map(([, text = ""]) => bytesOf(text));
  response.writeHead(200, { "content-type": query.get("type") ?? "text/plain" });
  const next = (): void => {
    const piece = raw.shift();
    if (piece === undefined) return void response.end();
    // A pause, so that the client gets each piece in a read of its own.
    response.write(piece, () => setTimeout(next, 3));
  };
  next();
}

/** Percent-encoded text as bytes, whether or not they are UTF-8. */
function bytesOf(text: string): Buffer {
  const characters = text.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(characters, "latin1");
}

export const bodies: Readonly<Record<string, Behaviour>> = {
  encoded,
  bomb,
  sized,
  /** A body that never ends, as fast as the client takes it. */
  endless: ({ server, response }) => feed({ server, response }, Infinity),
  pieces,
  /** A 204 and a 304 that carry a content-length, and an answer to HEAD that has one. */
  bodiless: ({ response, rest }) => void response.writeHead(Number(rest[0]), { etag: '"1"' }).end(),
};
