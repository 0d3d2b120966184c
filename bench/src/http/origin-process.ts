/** The server that the HTTP works share: a process of its own, so that what it costs is in nobody's figures. */
import { fileURLToPath } from "node:url";
import { PeerProcess } from "../peer-process.ts";

const script: string = fileURLToPath(new URL("origin.ts", import.meta.url));

export class Origin {
  readonly #process: PeerProcess;
  readonly url: string;

  private constructor(process: PeerProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(): Promise<Origin> {
    const process = new PeerProcess(globalThis.process.execPath, [script]);
    return new Origin(process, await process.ready());
  }

  /** How many requests it has answered. */
  async requests(): Promise<number> {
    return (await this.#process.round()).figure;
  }

  async stop(): Promise<void> {
    await this.#process.end();
  }
}
