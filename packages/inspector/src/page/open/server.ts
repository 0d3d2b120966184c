/** The server of `brigade inspect`, as the page asks it. */
import type { Advice, CallAnswer, CallName, CallParams, CallValue } from "brigade/trace";
import type { TraceSource } from "./source.ts";

/** A program that can be looked at. */
export interface ProgramRow {
  /** "1234", or "1234.2" for a worker thread. */
  readonly id: string;
  readonly title: string;
}

/** What the server serves. */
export type About =
  | { readonly kind: "file"; readonly title: string }
  | { readonly kind: "programs"; readonly programs: readonly ProgramRow[]; readonly chosen?: string };

/** What the server says in place of an answer. */
export class ServerError extends Error {
  override readonly name: string = "ServerError";
  /** HTTP's number; 0: it does not answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export class Server {
  readonly #origin: string;
  readonly #token: string;

  constructor(origin: string, token: string) {
    this.#origin = origin;
    this.#token = token;
  }

  about(): Promise<About> {
    return this.#json<About>("/api/about");
  }

  /** Of a file, or of the flight recorder of a program. */
  advice(program?: string): Promise<readonly Advice[]> {
    return this.#json<readonly Advice[]>(`/api/advice${of(program)}`);
  }

  trace(name: string, program?: string): TraceSource {
    return { kind: "server", name, url: `${this.#origin}/api/trace${of(program)}`, token: this.#token };
  }

  /** Asks the program. */
  async call<C extends CallName>(program: string, call: C, params: CallParams<C>): Promise<CallValue<C>> {
    const body = JSON.stringify({ id: 0, call, ...params });
    const response = await this.#fetch(`/api/call${of(program)}`, { method: "POST", body });
    const lines = (await response.text()).split("\n");
    for (const line of lines) {
      if (line === "") continue;
      const answer = JSON.parse(line) as CallAnswer<C>;
      if ("piece" in answer) continue;
      if ("error" in answer) throw new ServerError(answer.error, 502);
      return answer.value;
    }
    throw new ServerError("the answer of the program breaks off", 502);
  }

  async #json<T>(path: string): Promise<T> {
    return (await (await this.#fetch(path, {})).json()) as T;
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    let response: Response;
    try {
      response = await fetch(`${this.#origin}${path}`, { ...init, headers, cache: "no-store" });
    } catch {
      throw new ServerError("brigade inspect does not answer: it has ended, or its address is another now", 0);
    }
    if (!response.ok) throw new ServerError(await response.text(), response.status);
    return response;
  }
}

function of(program: string | undefined): string {
  return program === undefined ? "" : `?program=${encodeURIComponent(program)}`;
}
