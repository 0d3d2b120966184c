/** One attempt to connect to one address, and the addresses of a name. */
import { lookup as lookupOfHost } from "node:dns";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { RunningTask } from "../../task/frame.ts";
import { EndingReply, Reply } from "../../border/reply.ts";

/** An address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** A socket may fail between its owners: whoever takes it next looks at `errored`. */
function unowned(): void {}

/** Waits until the socket is connected. Cancellation destroys it, and waits until it is closed. */
class Dial extends EndingReply<Socket> {
  readonly #options: NetConnectOpts;
  #socket: Socket | undefined;
  #taken = false; // it is whoever awaited it that owns the socket

  constructor(options: NetConnectOpts, label: string) {
    super("connect", label);
    this.#options = options;
  }

  protected override begin(): void {
    const socket = (this.#socket = connect(this.#options));
    socket.pause(); // what it takes in before TLS begins, its end above all, TLS would not see
    const connected = (): void => {
      socket.off("error", failed);
      socket.off("close", closed);
      this.succeed(socket);
    };
    const failed = (error: Error): void => {
      socket.off("connect", connected);
      this.fail(error);
    };
    const closed = (): void => this.fail(new Error("it was closed"));
    socket.on("error", unowned);
    socket.once("connect", connected);
    socket.once("error", failed);
    socket.once("close", closed);
  }

  protected stop(): void {
    this.#socket?.destroy();
  }

  protected override finish(): Socket {
    const socket = super.finish();
    this.#taken = true;
    return socket;
  }

  protected override unwind(task: RunningTask): void {
    super.unwind(task);
    if (!this.#taken) this.#socket?.destroy();
  }
}

/** Connects. Throws what the system says. */
export function dial(options: NetConnectOpts, label: string): EndingReply<Socket> {
  // Node would give up a slow first address after 250 ms: here each attempt is one address, and goes on.
  return new Dial({ ...options, allowHalfOpen: true, autoSelectFamily: false }, label);
}

/** The addresses of the host, in the order the system prefers. Cancellation leaves at once: the system can't be stopped. */
class Lookup extends Reply<readonly HostAddress[]> {
  readonly #host: string;
  readonly #family: 0 | 4 | 6;

  constructor(host: string, family: 0 | 4 | 6) {
    super("lookup", host);
    this.#host = host;
    this.#family = family;
  }

  protected override begin(): void {
    lookupOfHost(this.#host, { all: true, family: this.#family, order: "verbatim" }, (error, addresses) => {
      if (error) this.fail(error);
      else this.succeed(addresses as readonly HostAddress[]);
    });
  }
}

export function lookup(host: string, family: 0 | 4 | 6): Reply<readonly HostAddress[]> {
  return new Lookup(host, family);
}
