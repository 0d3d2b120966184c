/** Puts entries back into the order of the input. Bounded: when too much waits for a slow one, nothing new begins. */
import { type CoroutineBody, Event } from "brigade";
import type { Entry, Output } from "./output.ts";

const mostBytes = 64 * 1024 * 1024;

export class Order {
  readonly #output: Output;
  readonly #most: number;
  readonly #ring: (Entry | undefined)[]; // those that wait, each at its place modulo the length
  readonly #moved = new Event();
  #bytes = 0; // of the bodies in #waiting
  #begun = 0; // places given
  #next = 0; // the place of the entry that goes out next

  /** `most`: how many may have begun since the one that goes out next. As many more may begin at the same moment. */
  constructor(output: Output, most: number) {
    this.#output = output;
    this.#most = most;
    this.#ring = new Array<Entry | undefined>(2 * most).fill(undefined);
  }

  /** Whether nothing new may begin. What the others wait for has begun already. */
  get crowded(): boolean {
    return this.#begun - this.#next >= this.#most || this.#bytes >= mostBytes;
  }

  *room(): CoroutineBody<void> {
    while (this.crowded) {
      this.#moved.clear();
      yield* this.#moved.wait();
    }
  }

  /** The next place. */
  begin(): number {
    return this.#begun++;
  }

  /** The place has its entry; those that waited for it go out too. */
  add(place: number, entry: Entry): void {
    const ring = this.#ring;
    ring[place % ring.length] = entry;
    this.#bytes += bytesOf(entry);
    for (;;) {
      const at = this.#next % ring.length;
      const next = ring[at];
      if (next === undefined) break;
      ring[at] = undefined;
      this.#next++;
      this.#bytes -= bytesOf(next);
      this.#output.add(next);
    }
    this.#moved.set();
  }
}

function bytesOf({ body, warc }: Entry): number {
  const text = body.kind === "text" || body.kind === "base64" ? body.text.length : 0;
  return text + (warc ?? []).reduce((sum, piece) => sum + piece.length, 0);
}
