/**
 * The events that spans are made of, in order by task. Those of a task lie far apart in a trace, and ten million random
 * accesses to memory take seconds: so events are dealt to buckets of tasks first, and each bucket, which the processor's
 * cache holds, is put in order when it is its turn.
 */
import type { Trace } from "../format/reader.ts";
import { type Rows, TELLING } from "./rows.ts";

// An event is six words of 32 bits: its index, its row and type, a, b, and its time, which is two.
const WORDS = 6;
const NUMBERS = WORDS / 2;
/** Types of telling events are less than 8. */
const TYPE_BITS = 3;
const TYPE_MASK = 7;

const BUCKET_EVENTS = 32_768;

/** Where the tasks' events are: those of one task in one bucket, and several tasks in one where they have few. */
interface Buckets {
  /** By row. */
  readonly bucketOf: Uint32Array;
  /** The first slot of each bucket, and the end of the last. */
  readonly begin: number[];
  readonly largest: number;
}

function bucketsFor({ count, telling }: Rows): Buckets {
  const bucketOf = new Uint32Array(count + 1);
  const begin = [0];
  let end = telling[0] as number; // of what has no task
  let largest = end;
  for (let row = 1; row <= count; row++) {
    const events = telling[row] as number;
    if (end - (begin.at(-1) as number) + events > BUCKET_EVENTS || row === 1) begin.push(end);
    bucketOf[row] = begin.length - 1;
    end += events;
    largest = Math.max(largest, end - (begin.at(-1) as number));
  }
  begin.push(end);
  return { bucketOf, begin, largest };
}

export class EventsByTask {
  readonly #rows: Rows;
  readonly #buckets: Buckets;
  readonly #words: Uint32Array;
  readonly #numbers: Float64Array; // the same bytes
  readonly #order: Uint32Array; // of the bucket that was last put in order: slots, by row
  readonly #next: Uint32Array; // by row, where in `#order` its next event goes
  #row = 0; // the last of the rows that are in order

  constructor({ count, type, time, task, a, b }: Trace, rows: Rows) {
    const buckets = bucketsFor(rows);
    const words = new Uint32Array((buckets.begin.at(-1) as number) * WORDS);
    const numbers = new Float64Array(words.buffer);
    const next = Uint32Array.from(buckets.begin);
    for (let i = 0; i < count; i++) {
      const kind = type[i] as number;
      if (TELLING[kind] === 0) continue;
      const row = rows.rowOf(task[i] as number);
      const slot = (next[buckets.bucketOf[row] as number] as number)++;
      const at = slot * WORDS;
      words[at] = i;
      words[at + 1] = (row << TYPE_BITS) | kind;
      words[at + 2] = a[i] as number;
      words[at + 3] = b[i] as number;
      numbers[slot * NUMBERS + 2] = time[i] as number;
    }
    this.#rows = rows;
    this.#buckets = buckets;
    this.#words = words;
    this.#numbers = numbers;
    this.#order = new Uint32Array(buckets.largest);
    this.#next = new Uint32Array(rows.count + 1);
  }

  /** Where the slots of the row's events are, from the first up to the second. Rows are to be asked for in their order. */
  of(row: number): [from: number, to: number] {
    if (row > this.#row) this.#putInOrder(row);
    const to = this.#next[row] as number;
    return [to - (this.#rows.telling[row] as number), to];
  }

  /** Puts the bucket that begins with this row in order. */
  #putInOrder(first: number): void {
    const { bucketOf, begin } = this.#buckets;
    const bucket = bucketOf[first] as number;
    let length = 0;
    for (this.#row = first; bucketOf[this.#row] === bucket; this.#row++) {
      this.#next[this.#row] = length;
      length += this.#rows.telling[this.#row] as number;
    }
    this.#row--;
    const end = begin[bucket + 1] as number;
    for (let slot = begin[bucket] as number; slot < end; slot++) {
      const row = (this.#words[slot * WORDS + 1] as number) >>> TYPE_BITS;
      this.#order[(this.#next[row] as number)++] = slot;
    }
  }

  slot(at: number): number {
    return this.#order[at] as number;
  }

  index(slot: number): number {
    return this.#words[slot * WORDS] as number;
  }

  type(slot: number): number {
    return (this.#words[slot * WORDS + 1] as number) & TYPE_MASK;
  }

  a(slot: number): number {
    return this.#words[slot * WORDS + 2] as number;
  }

  b(slot: number): number {
    return this.#words[slot * WORDS + 3] as number;
  }

  time(slot: number): number {
    return this.#numbers[slot * NUMBERS + 2] as number;
  }
}
