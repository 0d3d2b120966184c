/** What the page asks about, whatever it is. */
import type { Advice, CallRequest } from "brigade/trace";

/** Bytes, one part after the other, and how many there are where that is known. */
export interface TraceBytes {
  readonly length: number | undefined;
  readonly parts: AsyncIterable<Uint8Array>;
}

export interface Subject extends AsyncDisposable {
  /** What the page is headed with. */
  readonly title: string;
  /** What it is, as the page wants to know it: see `About` of the page. */
  about(): Promise<object>;
  /** `program` as the page names it; undefined where there is but one thing to look at. */
  trace(program: string | undefined): Promise<TraceBytes>;
  advice(program: string | undefined, signal: AbortSignal): Promise<readonly Advice[]>;
  /** Lines of JSON: pieces, then a value or an error. */
  call(program: string | undefined, request: CallRequest): AsyncIterable<string>;
}

/** What can't be answered, and HTTP's number for it. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
