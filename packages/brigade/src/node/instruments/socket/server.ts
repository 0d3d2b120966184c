/** The local socket at which a program can be watched. It keeps no process alive, and ends with it. */
import { chmodSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Answering } from "../../../trace/live/answers.ts";
import { Connection } from "./connection.ts";
import { openPrograms, remove, socketPath } from "./directory.ts";

const MOST_CONNECTIONS = 32;
const LOOK_EVERY = 100; // ms, while somebody watches

export class LocalServer {
  readonly path: string;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #sockets = new Set<Socket>(); // of those, and of whoever was sent away
  #looking: NodeJS.Timeout | undefined; // set while there are sockets
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
    for (const socket of this.#sockets) socket.destroy();
    remove(this.path);
  }

  #admit(
    socket: Socket,
    answer: (request: Readonly<Record<string, unknown>>) => Answering,
    watched: (watched: boolean) => void,
  ): void {
    this.#follow(socket);
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
  #follow(socket: Socket): void {
    this.#sockets.add(socket);
    this.#looking ??= setInterval(() => this.#letEnd(), LOOK_EVERY).unref();
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size > 0) return;
      clearInterval(this.#looking);
      this.#looking = undefined;
    });
  }

  /**
   * What the operating system has not taken yet keeps the process alive, unlike the socket itself. Where nothing else does, the
   * program is done, or in a deadlock that is found when nothing is left to wait for: then nobody who does not read holds that up.
   */
  #letEnd(): void {
    const unread = [...this.#sockets].filter((socket) => socket.writableLength > 0);
    if (unread.length > 0 && !hasMore(unread.length)) for (const socket of unread) socket.destroy();
  }
}

/** Whether anything keeps the process alive beside so many writes. Standard output and error are told of, and do not. */
function hasMore(writes: number): boolean {
  const { getActiveResourcesInfo }: Partial<typeof process> = process; // not every host has it
  const names = getActiveResourcesInfo?.();
  if (names === undefined) return true;
  const streams = names.filter((name) => name === "PipeWrap" || name === "TTYWRAP").length;
  return names.length - writes - Math.min(streams, 2) > 0;
}
