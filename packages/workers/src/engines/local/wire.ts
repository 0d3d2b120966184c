/** What a keeper and its clients say to each other: lines of JSON over a Unix socket. */

/** Raised when a message changes its meaning. A keeper says it first; clients of another number keep away. */
export const WIRE = 1;

export type Row = Record<string, unknown>;

export type Request =
  | { readonly id: number; readonly sql: string; readonly values?: readonly unknown[] }
  | { readonly id: number; readonly listen: string }
  | { readonly id: number; readonly unlisten: string };

export interface Hello {
  readonly wire: number;
  readonly pid: number;
}

/** An error of PostgreSQL, field by field. */
export type Failure = Readonly<Record<string, string>> & { readonly message: string };

export type Message =
  | Hello
  /** `dates` names the columns whose texts are times. */
  | { readonly id: number; readonly rows: readonly Row[]; readonly dates?: readonly string[] }
  | { readonly id: number; readonly error: Failure }
  | { readonly channel: string; readonly payload: string };

/** What a keeper prints once, when it serves or when it can't. */
export type Report =
  | { readonly kind: "serving" }
  /** Another keeper has the folder: it will serve soon, or does already. */
  | { readonly kind: "taken" }
  | { readonly kind: "failed"; readonly message: string };

/** Cuts a stream of text into lines. */
export class Lines {
  #parts: string[] = [];
  readonly #line: (line: string) => void;

  constructor(line: (line: string) => void) {
    this.#line = line;
  }

  push(text: string): void {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      this.#parts.push(text.slice(from, end));
      const line = this.#parts.length === 1 ? this.#parts[0] : this.#parts.join("");
      this.#parts = [];
      from = end + 1;
      if (line) this.#line(line);
    }
    if (from < text.length) this.#parts.push(text.slice(from));
  }
}
