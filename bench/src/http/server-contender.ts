/** A server in a process of its own, asked by bare undici in another one. */
import { fileURLToPath } from "node:url";
import type { Contender, Measured } from "../contender.ts";
import { PeerProcess } from "../peer-process.ts";
import type { Assignment } from "../program.ts";
import type { Rival, ServerWork } from "../work.ts";
import { BODY_BYTES } from "./body.ts";

const serverScript: string = fileURLToPath(new URL("server-child.ts", import.meta.url));
const clientScript: string = fileURLToPath(new URL("../child.ts", import.meta.url));

export class ServerContender implements Contender {
  readonly label: string;
  readonly #peer: string;
  readonly #work: ServerWork;
  #server: PeerProcess | undefined;
  #client: PeerProcess | undefined;
  complaints = "";

  constructor(rival: Rival, work: ServerWork) {
    this.label = rival.label;
    this.#peer = rival.peer;
    this.#work = work;
  }

  async start(): Promise<void> {
    this.#server = new PeerProcess(process.execPath, [serverScript, this.#peer]);
    const assignment: Assignment = {
      module: "http",
      program: "http-client",
      count: this.#work.count,
      expected: this.#work.count * BODY_BYTES,
      figure: "time",
      roundMs: this.#work.roundMs,
      url: await this.#server.ready(),
    };
    this.#client = new PeerProcess(process.execPath, [
      "--expose-gc",
      clientScript,
      "undici",
      JSON.stringify(assignment),
    ]);
    await this.#client.ready();
  }

  async round(): Promise<Measured> {
    if (this.#server === undefined || this.#client === undefined) throw new Error(`${this.label} was not started.`);
    const before = await this.#server.round();
    const { figure: ms } = await this.#client.round();
    const after = await this.#server.round();
    const requests = after.figure - before.figure;
    const cpu = (((after.cpu ?? 0) - (before.cpu ?? 0)) * 1e3) / requests;
    return { figure: (this.#work.count / ms) * 1e3, cpu };
  }

  async stop(): Promise<void> {
    await this.#client?.end();
    await this.#server?.end();
    this.complaints = `${this.#server?.complaints ?? ""}${this.#client?.complaints ?? ""}`;
  }
}
