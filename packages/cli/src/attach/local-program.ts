/** A program on this machine, by way of its local socket. */
import { connect, type Socket } from "node:net";
import type { CallName, CallParams, CallValue } from "brigade/trace";
import { type Answer, AttachError, type Attached, type PieceTaker } from "./attached.ts";
import { linesOf } from "./lines.ts";

interface Call {
  readonly resolve: (value: never) => void;
  readonly reject: (error: AttachError) => void;
  readonly take: PieceTaker | undefined;
}

export class LocalProgram implements Attached {
  readonly name: string;
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #calls = new Map<number, Call>(); // under way
  #next = 1;
  #end: AttachError | undefined; // set once nothing can be asked any more

  private constructor(name: string, socket: Socket) {
    this.name = name;
    this.#socket = socket.setEncoding("utf8");
    this.ended = this.#read();
  }

  /** Rejects with the error of the system when nobody listens there. */
  static async at(path: string, name: string): Promise<LocalProgram> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new LocalProgram(name, socket);
  }

  call<C extends CallName>(call: C, params: CallParams<C>, take?: PieceTaker): Promise<CallValue<C>> {
    if (this.#end) return Promise.reject(this.#end);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, take });
      this.#socket.write(`${JSON.stringify({ ...params, id, call })}\n`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.ended;
  }

  async #read(): Promise<void> {
    try {
      for await (const line of linesOf(this.#socket as AsyncIterable<string>)) await this.#answered(line);
      this.#over(`${this.name} has ended`);
    } catch (error) {
      this.#over(`${this.name} has gone: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #over(message: string): void {
    this.#end ??= new AttachError(message);
    this.#socket.destroy();
    for (const call of this.#calls.values()) call.reject(this.#end);
    this.#calls.clear();
  }

  async #answered(line: string): Promise<void> {
    const { id, value, error, piece } = JSON.parse(line) as Answer & { readonly id: number };
    const call = this.#calls.get(id);
    if (id === 0 && error !== undefined) return this.#over(`${this.name} refuses: ${error}`);
    if (call === undefined) return;
    if (piece !== undefined) return call.take?.(piece);
    this.#calls.delete(id);
    if (error === undefined) call.resolve(value as never);
    else call.reject(new AttachError(`${this.name}: ${error}`));
  }
}
