/** The local socket at which a program can be watched. It keeps no process alive, and ends with it. */
import { chmodSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Answering } from "../../../trace/live/answers.ts";
import { Connection } from "./connection.ts";
import { openPrograms, remove, socketPath } from "./directory.ts";

const MOST_CONNECTIONS = 32;

export class LocalServer {
  readonly path: string;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #removeAtExit = (): void => remove(this.path);

  /** Throws where there can't be one. `watched` is told when the first one that watches comes, and when the last has gone. */
  constructor(
    pid: number,
    thread: number,
    answer: (request: Readonly<Record<string, unknown>>) => Answering,
    watched: (watched: boolean) => void,
  ) {
    this.path = socketPath(pid, thread);
    if (process.platform !== "win32") {
      openPrograms(); // removes what dead processes left
      remove(this.path); // of a dead process that had this number
    }
    this.#server = createServer((socket) => this.#admit(socket, answer, watched));
    this.#server.on("error", () => this.close());
    // In a cluster's worker it is this process that listens, not the primary one.
    this.#server.listen({ path: this.path, exclusive: true });
    this.#server.unref();
    if (process.platform === "win32") return;
    chmodSync(this.path, 0o600);
    process.once("exit", this.#removeAtExit);
  }

  /** Nobody can watch any longer. */
  close(): void {
    process.off("exit", this.#removeAtExit);
    this.#server.close();
    for (const connection of this.#connections) connection.close();
    remove(this.path);
  }

  #admit(
    socket: Socket,
    answer: (request: Readonly<Record<string, unknown>>) => Answering,
    watched: (watched: boolean) => void,
  ): void {
    if (this.#connections.size === MOST_CONNECTIONS) {
      socket.on("error", () => {}); // it has gone
      const error = `${MOST_CONNECTIONS} watch this program already: close one of them`;
      socket.unref().end(`${JSON.stringify({ id: 0, error })}\n`, () => socket.destroy());
      return;
    }
    const connection = new Connection(socket, answer);
    this.#connections.add(connection);
    if (this.#connections.size === 1) watched(true);
    socket.on("close", () => {
      this.#connections.delete(connection);
      if (this.#connections.size === 0) watched(false);
    });
  }
}
