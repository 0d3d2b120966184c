/** A program that `brigade inspect` watches: the same calls, by way of its address. */
import type { CallName, CallParams, CallValue } from "brigade/trace";
import { type Answer, AttachError, type Attached, type PieceTaker } from "./attached.ts";
import { linesOf } from "./lines.ts";

export class RemoteProgram implements Attached {
  readonly name: string;
  readonly ended: Promise<void>;
  readonly #address: URL;
  readonly #token: string;
  readonly #abort = new AbortController();
  #end: () => void = () => {};

  /** `address` as `brigade inspect` prints it, with its token. */
  constructor(address: URL) {
    this.name = address.origin;
    this.#address = new URL("/api/call", address);
    const inHash = new URLSearchParams(address.hash.slice(1)).get("token");
    this.#token = address.searchParams.get("token") ?? inHash ?? "";
    if (this.#token === "") {
      throw new AttachError(
        `${this.name}: there is no token in the address; copy it whole, as "brigade inspect" prints it`,
      );
    }
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async call<C extends CallName>(call: C, params: CallParams<C>, take?: PieceTaker): Promise<CallValue<C>> {
    const response = await this.#post(JSON.stringify({ ...params, id: 0, call }));
    if (!response.ok) {
      const reason = response.status === 401 || response.status === 403 ? ": the token is another one" : "";
      throw new AttachError(`${this.name} answers ${response.status}${reason}`);
    }
    for await (const line of linesOf(textOf(response.body as ReadableStream<Uint8Array>))) {
      const { value, error, piece } = JSON.parse(line) as Answer;
      if (error !== undefined) throw new AttachError(`${this.name}: ${error}`);
      if (piece === undefined) return value as CallValue<C>;
      await take?.(piece);
    }
    throw this.#over("broke off its answer");
  }

  async #post(body: string): Promise<Response> {
    try {
      const headers = { "content-type": "application/json", authorization: `Bearer ${this.#token}` };
      return await fetch(this.#address, { method: "POST", headers, body, signal: this.#abort.signal });
    } catch (error) {
      const { cause } = error as { readonly cause?: unknown };
      throw this.#over(`does not answer: ${cause instanceof Error ? cause.message : String(error)}`);
    }
  }

  #over(how: string): AttachError {
    this.#end();
    return new AttachError(`${this.name} ${how}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#end();
  }
}

async function* textOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
}
