/** A proxy before a server, for what a network does: it goes silent, resets its connections, refuses new ones, and is slow. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type AsyncContextManager, contextManager, fromPromise, shield } from "brigade";
import { freePort } from "./ports.ts";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class Proxy {
  readonly host: string = "127.0.0.1";
  readonly port: number;
  readonly #target: number;
  readonly #listener: Server;
  readonly #clients = new Set<Socket>();
  readonly #pairs = new Set<Pair>();
  #silent = false;
  #delay = 0;
  #bytesPerSecond: number = Infinity;
  /** How many connections clients have made. */
  accepted = 0;
  /** Bytes that were handed on. */
  bytesToServer = 0;
  bytesToClient = 0;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
    // A client's end of sending is handed on as such.
    this.#listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client)).unref();
  }

  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(await freePort(), target);
    await proxy.accept();
    return proxy;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#clients.size;
  }

  /** The network is cut: nothing passes in either direction, nobody is told, and who connects gets no answer. */
  cut(): void {
    this.#silent = true;
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** After `cut`: what was held back is handed on, as TCP sends again what got lost. */
  heal(): void {
    this.#silent = false;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
    const paired = new Set([...this.#pairs].map(({ client }) => client));
    for (const client of this.#clients) if (!paired.has(client)) this.#dial(client);
  }

  /** Each connection ends with a reset (RST), at once, on both sides. */
  reset(): void {
    for (const { server } of this.#pairs) server.resetAndDestroy();
    for (const client of this.#clients) client.resetAndDestroy();
  }

  /** Nobody listens any more: who connects is refused. Open connections stay. */
  async refuse(): Promise<void> {
    if (!this.#listener.listening) return;
    // `close` waits for the connections; that it listens no more is so at once.
    this.#listener.close();
    await Promise.resolve();
  }

  /** After `refuse`, or at the beginning. */
  async accept(): Promise<void> {
    if (this.#listener.listening) return;
    this.#listener.listen(this.port, this.host);
    await once(this.#listener, "listening");
  }

  /** From now on: each piece of data is handed on so many milliseconds after it came, and not faster than so many bytes a second. */
  slow({ delay = 0, bytesPerSecond = Infinity }: { readonly delay?: number; readonly bytesPerSecond?: number }): void {
    this.#delay = delay;
    this.#bytesPerSecond = bytesPerSecond;
  }

  async stop(): Promise<void> {
    this.reset();
    await this.refuse();
  }

  #accept(client: Socket): void {
    this.accepted++;
    this.#clients.add(client);
    client.unref();
    client.on("error", () => undefined);
    client.on("close", () => this.#clients.delete(client));
    client.pause();
    if (!this.#silent) this.#dial(client);
  }

  #dial(client: Socket): void {
    const server = connect({ port: this.#target, host: this.host, allowHalfOpen: true, noDelay: true }).unref();
    client.setNoDelay();
    const pair = { client, server };
    this.#pairs.add(pair);
    // A server that resets, or can't be reached, is a reset to the client; and the other way round.
    server.on("error", () => client.resetAndDestroy());
    client.on("error", () => server.resetAndDestroy());
    server.on("close", () => this.#close(pair));
    client.on("close", () => this.#close(pair));
    this.#handOn(client, server, (bytes) => (this.bytesToServer += bytes));
    this.#handOn(server, client, (bytes) => (this.bytesToClient += bytes));
    client.resume();
  }

  #close(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  }

  #handOn(from: Socket, to: Socket, count: (bytes: number) => void): void {
    const goOn = (): void => {
      if (!this.#silent) from.resume();
    };
    const pass = (chunk: Buffer): void => {
      if (to.destroyed) return;
      count(chunk.length);
      if (to.write(chunk)) goOn();
      else to.once("drain", goOn);
    };
    from.on("data", (chunk: Buffer) => {
      const wait = this.#delay + (1000 * chunk.length) / this.#bytesPerSecond;
      from.pause();
      if (wait > 0) setTimeout(() => this.#unlessSilent(() => pass(chunk)), wait).unref();
      else pass(chunk);
    });
    from.on("end", () => to.end());
  }

  /** What is under way when the network is cut arrives when it is whole again. */
  #unlessSilent(pass: () => void): void {
    if (this.#silent) setTimeout(() => this.#unlessSilent(pass), 10).unref();
    else pass();
  }
}

export const startProxy: (target: number) => Promise<Proxy> = Proxy.start;

export const proxy: (target: number) => AsyncContextManager<Proxy> = contextManager(function* proxy(target: number) {
  const started = yield* shield(fromPromise(() => startProxy(target)));
  try {
    yield started;
  } finally {
    yield* fromPromise(() => started.stop());
  }
});
