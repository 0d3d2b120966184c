/** A client that says what it likes, byte by byte, and goes away when it likes. */
import { connect, type Socket } from "node:net";

export class Connection implements Disposable {
  readonly socket: Socket;
  #received = "";
  readonly #waiting = new Set<() => void>();
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1").setNoDelay();
    this.socket.setEncoding("latin1").on("data", (text: string) => {
      this.#received += text;
      this.#check();
    });
    this.socket.on("error", () => {}); // a broken connection is what many tests are about
    this.connected = new Promise((resolve) => this.socket.on("connect", () => resolve()));
    this.closed = new Promise((resolve) => this.socket.on("close", () => resolve()));
    void this.closed.then(() => this.#check());
  }

  get received(): string {
    return this.#received;
  }

  #check(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Sends a GET, or what is given, on the connection that is kept. */
  get(path: string): this {
    return this.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Settles when it has received all of this, in this order. Rejects when the connection closes without it. */
  got(...texts: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        let from = 0;
        const all = texts.every((text) => {
          const at = this.#received.indexOf(text, from);
          from = at + text.length;
          return at >= 0;
        });
        if (!all && !this.socket.destroyed) return;
        this.#waiting.delete(check);
        if (all) resolve();
        else reject(new Error(`closed without ${texts.join(", ")}; received: ${this.#received}`));
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Goes away. */
  leave(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}
