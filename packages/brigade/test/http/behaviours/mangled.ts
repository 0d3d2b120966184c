/** Right answers made wrong at random: cut, flipped, doubled, in pieces of any size. A seed decides how. */
import { gzipSync } from "node:zlib";
import { Random } from "../random.ts";
import { type Behaviour, reset, type Visit } from "./behaviour.ts";

const text = '{"a": [1, 2, 3], "text": "grün"}\n'.repeat(20);
const whole = (headers: string, body: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\n${headers}\r\n\r\n`),
    Buffer.from(body),
  ]);
const zipped = gzipSync(text);

const answers: readonly Buffer[] = [
  whole(`content-length: ${Buffer.byteLength(text)}`, text),
  whole("transfer-encoding: chunked", `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`),
  whole("transfer-encoding: chunked\r\ntrailer: x-sum", `5\r\nhello\r\n1\r\n!\r\n0\r\nx-sum: 1\r\n\r\n`),
  whole(`content-encoding: gzip\r\ncontent-length: ${zipped.byteLength}`, zipped),
  whole("connection: close", text),
  Buffer.from("HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n"),
  Buffer.from("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno"),
  Buffer.from("HTTP/1.1 302 Found\r\nlocation: /ok\r\ncontent-length: 0\r\n\r\n"),
];

const manglings: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes) => bytes,
  (bytes, random) => bytes.subarray(0, random.below(bytes.byteLength)),
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    // Most of what there is to break stands in the head.
    for (let i = random.below(4); i >= 0; i--)
      changed[random.below(Math.min(120, bytes.byteLength))] = random.below(256);
    return changed;
  },
  (bytes, random) => {
    const [from, to] = [random.below(bytes.byteLength), random.below(bytes.byteLength)].sort((a, b) => a - b) as [
      number,
      number,
    ];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, random) => Buffer.concat([bytes.subarray(random.below(40)), Buffer.from("\r\n")]),
  (bytes) => Buffer.concat([bytes, bytes]),
];

/** `/mangled?seed=7`. */
function mangled({ socket, query }: Visit): void {
  const random = new Random(Number(query.get("seed")));
  const mangle = manglings[random.below(manglings.length)] as (typeof manglings)[number];
  let left = mangle(answers[random.below(answers.length)] as Buffer, random);
  const next = (): void => {
    if (left.byteLength === 0) {
      if (random.below(4) === 0) reset(socket);
      else socket.end();
      return;
    }
    const size = 1 + random.below(left.byteLength * 2);
    const piece = left.subarray(0, size);
    left = left.subarray(size);
    socket.write(piece, () => setImmediate(next));
  };
  next();
}

export const mangledAnswers: Readonly<Record<string, Behaviour>> = { mangled };
