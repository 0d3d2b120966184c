/**
 * The load of an echo server: many connections of bare node:net, each of which sends a message and waits for its echo, again and again.
 * Connects, has one message echoed on each, and answers each line with the echoes of a round. It ends when its input ends.
 * `node echo-load.ts URL CONNECTIONS`
 */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { reply } from "../reply.ts";
import { MESSAGE, ROUND_MS } from "./echo.ts";

/** More at once would wait to be accepted, and some be refused. */
const CONNECTING_AT_ONCE = 200;

const [url = "", connections = "0"] = process.argv.slice(2);
const { hostname: host, port } = new URL(url);

/** A connection asks when it is told to, and says when its echo has come. */
class Asker {
  readonly #message: Buffer = Buffer.alloc(MESSAGE, "echo ");
  readonly #number: number;
  #socket: Socket | undefined;
  #echoed = 0;
  answered: () => void = () => {};

  constructor(number: number) {
    this.#number = number;
    this.#message.writeUInt32BE(number);
  }

  connect(): Promise<void> {
    // One buffer for what all connections read: each looks at it at once.
    const onread = { buffer: shared, callback: (length: number): boolean => this.#read(length) };
    return new Promise((resolve) => {
      this.#socket = connect({ host, port: Number(port), noDelay: true, onread }, resolve)
        .on("error", fail)
        .on("close", () => fail(new Error("The server closed a connection.")));
    });
  }

  ask(): void {
    this.#socket?.write(this.#message);
  }

  #read(length: number): boolean {
    if (this.#echoed === 0 && length >= 4 && shared.readUInt32BE() !== this.#number)
      fail(new Error("A connection got the echo of another one."));
    this.#echoed += length;
    if (this.#echoed > MESSAGE) fail(new Error("A connection got more than it had sent."));
    if (this.#echoed === MESSAGE) {
      this.#echoed = 0;
      this.answered();
    }
    return true;
  }
}

const shared: Buffer = Buffer.alloc(65_536);
const askers: readonly Asker[] = Array.from({ length: Number(connections) }, (_, number) => new Asker(number));

function fail(error: Error): void {
  reply({ kind: "failed", message: error.message }, () => process.exit(1));
}

async function connectAll(): Promise<void> {
  const waiting = askers.values();
  const connectSome = async (): Promise<void> => {
    for (const asker of waiting) await asker.connect();
  };
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connectSome));
}

/** Asks on every connection until the time is over; gives the echoes. */
function round(ms: number): Promise<number> {
  let echoes = 0;
  let unanswered = askers.length;
  let isOver = ms === 0;
  if (!isOver) setTimeout(() => (isOver = true), ms);
  return new Promise((resolve) => {
    for (const asker of askers) {
      asker.answered = () => {
        echoes++;
        if (!isOver) asker.ask();
        else if (--unanswered === 0) resolve(echoes);
      };
      asker.ask();
    }
  });
}

await connectAll();
await round(0);
reply({ kind: "ready" });
for await (const _ of createInterface({ input: process.stdin }))
  reply({ kind: "figure", figure: await round(ROUND_MS) });
process.exit(0);
