/** The connections that are being made: each has as long as the most patient request gives it, and ends when no request waits. */
import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import { Live, type Slotted } from "../../kernel/live.ts";

type Connector = buildConnector.connector;

/** Milliseconds after which a request has surely said itself that its time is over. */
const GRACE = 1_000;

/** Why a connection is not made: whoever came to wait for it meanwhile asks for another. */
export class Abandoned extends Error {
  override readonly name: string = "Abandoned";
}

/** A request that is on no connection yet. */
export interface Waiting extends Slotted {
  readonly origin: string;
}

export class Connecting {
  readonly #sockets = new Map<Socket, string>(); // each with its origin
  readonly #waiting = new Live<Waiting>();
  readonly #build: (timeout: number) => Connector;
  /** Through a proxy, a socket does not tell for which origin it is. */
  readonly #proxied: boolean;
  #longest: number;
  #connector: Connector | undefined; // of that timeout

  /** `build` makes a connector that gives up after so many milliseconds; 0 for never. */
  constructor(build: (timeout: number) => Connector, longest: number, proxied: boolean) {
    this.#build = build;
    this.#longest = longest;
    this.#proxied = proxied;
  }

  readonly connect: Connector = (options, callback) => {
    this.#connector ??= this.#build(this.#longest === Infinity ? 0 : this.#longest + GRACE);
    // It returns the socket, which its type does not say.
    const socket = this.#connector(options, (...outcome) => {
      if (socket !== undefined) this.#sockets.delete(socket);
      callback(...outcome);
    }) as unknown as Socket | undefined;
    if (socket !== undefined) this.#sockets.set(socket, `${options.protocol}//${options.host}`);
  };

  /** Connections that are made from now on have at least so long. */
  allow(timeout: number): void {
    if (timeout <= this.#longest) return;
    this.#longest = timeout;
    this.#connector = undefined;
  }

  waits(request: Waiting): void {
    this.#waiting.add(request);
  }

  /** It is on its way, or has failed. */
  done(request: Waiting): void {
    this.#waiting.delete(request);
  }

  /** It was given up. What was connecting for it ends, unless another may be waiting for the same. */
  gaveUp(request: Waiting): void {
    if (!this.#waiting.delete(request)) return;
    const { origin } = request;
    if (this.#waiting.some((other) => this.#proxied || other.origin === origin)) return;
    for (const [socket, of] of this.#sockets) {
      // With an error, since undici waits for one or for a connection.
      if (this.#proxied || of === origin)
        socket.destroy(new Abandoned("no request waits for this connection any more"));
    }
  }

  close(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }
}
