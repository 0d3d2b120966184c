/** An echo server in a process of its own, with many connections from another one. */
import { fileURLToPath } from "node:url";
import type { Contender, Measured, Setting } from "../contender.ts";
import { PeerProcess } from "../peer-process.ts";
import type { EchoWork, Rival } from "../work.ts";

const serverScript: string = fileURLToPath(new URL("echo-server.ts", import.meta.url));
const asyncioScript: string = fileURLToPath(new URL("../peers/asyncio/echo.py", import.meta.url));
const loadScript: string = fileURLToPath(new URL("echo-load.ts", import.meta.url));

export class EchoContender implements Contender {
  readonly label: string;
  readonly #peer: string;
  readonly #python: string | undefined;
  readonly #work: EchoWork;
  #server: PeerProcess | undefined;
  #load: PeerProcess | undefined;
  complaints = "";

  constructor({ label, peer }: Rival, work: EchoWork, { executables }: Setting) {
    this.label = label;
    this.#peer = peer;
    this.#python = executables.get(peer);
    this.#work = work;
  }

  async start(): Promise<void> {
    if (this.#work.figure === "requests") await this.#connect(await this.#serve());
  }

  /** Gives the address. */
  async #serve(): Promise<string> {
    this.#server =
      this.#python === undefined
        ? new PeerProcess(process.execPath, ["--expose-gc", serverScript, this.#peer])
        : new PeerProcess(this.#python, ["-B", asyncioScript]);
    return this.#server.ready();
  }

  async #connect(url: string): Promise<void> {
    this.#load = new PeerProcess(process.execPath, [loadScript, url, String(this.#work.connections)]);
    await this.#load.ready();
  }

  round(): Promise<Measured> {
    return this.#work.figure === "requests" ? this.#requests() : this.#resident();
  }

  async #requests(): Promise<Measured> {
    if (this.#server === undefined || this.#load === undefined) throw new Error(`${this.label} was not started.`);
    const before = await this.#server.round();
    const begun = performance.now();
    const { figure: requests } = await this.#load.round();
    const ms = performance.now() - begun;
    const after = await this.#server.round();
    return { figure: (requests / ms) * 1e3, cpu: (((after.cpu ?? 0) - (before.cpu ?? 0)) * 1e3) / requests };
  }

  /** Kilobytes of 1,000 bytes, by which the server grows with each connection that has been used once. */
  async #resident(): Promise<Measured> {
    const url = await this.#serve();
    const before = await this.#server?.round();
    await this.#connect(url);
    const after = await this.#server?.round();
    await this.stop();
    if (before === undefined || after === undefined) throw new Error(`${this.label} told no memory.`);
    return { figure: (after.figure - before.figure) / 1e3 / this.#work.connections };
  }

  async stop(): Promise<void> {
    await this.#load?.end();
    await this.#server?.end();
    this.complaints = `${this.#server?.complaints ?? ""}${this.#load?.complaints ?? ""}`;
    this.#load = undefined;
    this.#server = undefined;
  }
}
