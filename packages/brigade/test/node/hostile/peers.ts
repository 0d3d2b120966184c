/** Peers of our sockets, made with node:net alone, that do what a peer should not do. */
import { connect as netConnect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** A server whose every connection is handed to `behave`. All end with it. */
export class Peer implements AsyncDisposable {
  readonly server: Server;
  readonly sockets: Set<Socket> = new Set<Socket>();

  private constructor(behave: (socket: Socket) => void) {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => {}); // a peer that is gone is what these tests are about
      behave(socket);
    });
  }

  static async start(behave: (socket: Socket) => void): Promise<Peer> {
    const peer = new Peer(behave);
    await new Promise<void>((resolve) => peer.server.listen(0, "127.0.0.1", resolve));
    return peer;
  }

  get address(): { host: string; port: number } {
    return { host: "127.0.0.1", port: (this.server.address() as AddressInfo).port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A connection made by hand. */
export function raw(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = netConnect({ host: "127.0.0.1", port, allowHalfOpen: true }, () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.on("error", reject);
  });
}
