/** A socket as its reader knows it. */
import type { Socket } from "node:net";
import type { ByteSource } from "../bytes/intake.ts";

export class SocketSource implements ByteSource {
  readonly #owner: { readonly socket: Socket }; // its socket changes when TLS begins

  constructor(owner: { readonly socket: Socket }) {
    this.#owner = owner;
  }

  pause(): void {
    this.#owner.socket.pause();
  }

  resume(): void {
    this.#owner.socket.resume();
  }

  /** The other end may send on, and is not read. */
  close(): void {
    this.#owner.socket.pause();
  }
}
