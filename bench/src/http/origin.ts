/**
 * The server that every client of the HTTP works asks: answers each GET with the same 1,024 bytes. It reads no more of a request than
 * where it ends, so that a core of its own serves more than a client can ask. A line on its input is answered by the requests so far.
 */
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { reply } from "../reply.ts";
import { BODY, BODY_BYTES } from "./body.ts";
import { urlOf } from "./listening.ts";

const CR = 0x0d;
const LF = 0x0a;
/** More requests than this in one piece of input are answered by several writes. */
const ANSWERS_AT_ONCE = 64;

const answer: Buffer = Buffer.from(
  [
    "HTTP/1.1 200 OK",
    "content-type: application/json",
    `content-length: ${BODY_BYTES}`,
    `date: ${new Date().toUTCString()}`,
    "connection: keep-alive",
    "",
    BODY,
  ].join("\r\n"),
);
const answers: Buffer = Buffer.concat(Array.from({ length: ANSWERS_AT_ONCE }, () => answer));

let requests = 0;

function answerTo(count: number): Buffer {
  return count === 1 ? answer : answers.subarray(0, count * answer.length);
}

function serve(socket: Socket): void {
  /** How much of CR LF CR LF the last bytes were. */
  let matched = 0;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    let heads = 0;
    for (const byte of bytes) {
      if (byte === (matched % 2 === 0 ? CR : LF)) matched++;
      else matched = byte === CR ? 1 : 0;
      if (matched < 4) continue;
      matched = 0;
      heads++;
    }
    requests += heads;
    for (; heads > 0; heads -= ANSWERS_AT_ONCE) socket.write(answerTo(Math.min(heads, ANSWERS_AT_ONCE)));
  });
}

const server = createServer({ highWaterMark: 65_536 }, serve);
server.listen(0, "127.0.0.1", 512, () => {
  reply({ kind: "ready", url: urlOf(server) });
});
for await (const _ of createInterface({ input: process.stdin })) reply({ kind: "figure", figure: requests });
process.exit(0);
