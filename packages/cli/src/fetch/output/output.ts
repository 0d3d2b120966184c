/**
 * The lines of a run, on their way to the disk: gathered, and written many at a time. First the WARC records, then the
 * lines, then the journal: whatever is killed in between, what the journal names is there, and a whole line has its record.
 */
import {
  type Awaitable,
  createTask,
  Event,
  fromPromise,
  getRunningLoop,
  type CoroutineBody,
  type Handle,
  type Task,
} from "brigade";
import { shortHash } from "../journal/finished.ts";
import type { FetchResult } from "../result.ts";
import { type BodyPlace, lineOf } from "../result-line.ts";
import { Batch, batchSize } from "./batch.ts";
import type { Sink } from "./sink.ts";

/** A finished URL, with all that is written of it. */
export interface Entry {
  readonly result: FetchResult;
  readonly body: BodyPlace;
  /** Its records, whole. */
  readonly warc: readonly Uint8Array[] | undefined;
}

export interface Sinks {
  readonly lines: Sink;
  readonly warc: Sink | undefined;
  readonly journal: Sink | undefined;
}

const longestWait = 20; // milliseconds that a line waits for others
const mostWaiting = 8 * 1024 * 1024; // bytes; with more, whoever adds lines waits
const spareBatches = 4;

export class Output {
  readonly #sinks: Sinks;
  readonly #full: Batch[] = []; // in order; what #batch has comes after them
  readonly #spare: Batch[] = [];
  #batch: Batch;
  #waiting = 0; // bytes that are added and not written
  #warcEnd: number; // with all that was added
  #timer: Handle | undefined; // set ⇔ #batch has lines and nobody writes
  #writer: Task<void> | undefined; // set ⇔ somebody writes
  #failure: Error | undefined;
  readonly #moved = new Event(); // room was made, or it failed
  readonly #failed = new Event();

  constructor(sinks: Sinks) {
    this.#sinks = sinks;
    this.#batch = new Batch(sinks.lines.size, sinks.journal !== undefined);
    this.#warcEnd = sinks.warc?.size ?? 0;
  }

  /** Never waits: see `room`. Throws when writing has failed. */
  add({ result, body, warc }: Entry): void {
    if (this.#failure) throw this.#failure;
    const place = warc && { offset: this.#warcEnd, length: sizeOf(warc) };
    if (place) this.#warcEnd += place.length;
    const line = lineOf(result, body, place);
    if (!this.#batch.fits(line.length)) this.#next(line.length);
    const before = this.#batch.size;
    this.#batch.add(line, warc, {
      index: result.index,
      warcEnd: this.#warcEnd,
      urlHash: this.#sinks.journal ? shortHash(result.url) : 0,
      failed: result.error !== undefined,
    });
    this.#waiting += this.#batch.size - before + (place?.length ?? 0);
    if (this.#writer) return;
    if (this.#waiting >= batchSize) this.#write();
    else this.#timer ??= getRunningLoop().callLater(longestWait, () => this.#write());
  }

  /** Whether lines come faster than they are written. */
  get crowded(): boolean {
    return this.#waiting >= mostWaiting;
  }

  /** Waits until there is room for more. */
  *room(): CoroutineBody<void> {
    while (this.crowded && this.#failure === undefined) {
      this.#moved.clear();
      yield* this.#moved.wait();
    }
    if (this.#failure) throw this.#failure;
  }

  /** Waits until writing has failed, and throws why. */
  *failure(): CoroutineBody<never> {
    yield* this.#failed.wait();
    throw this.#failure;
  }

  /** Everything that was added is on disk; throws if it can't be. */
  *flush(): CoroutineBody<void> {
    while (this.#failure === undefined && this.#waiting > 0) {
      if (!this.#writer) this.#write();
      if (this.#writer) yield* this.#writer as Awaitable<void>;
    }
    if (this.#failure) throw this.#failure;
  }

  /** The batch is full: the next lines go to another one. */
  #next(characters: number): void {
    const begins = this.#batch.begins + this.#batch.size;
    if (this.#batch.count > 0) this.#full.push(this.#batch);
    else this.#keep(this.#batch);
    const journaled = this.#sinks.journal !== undefined;
    const size = characters * 3;
    if (size > batchSize) this.#batch = new Batch(begins, journaled, size);
    else {
      this.#batch = this.#spare.pop() ?? new Batch(begins, journaled);
      this.#batch.reset(begins);
    }
  }

  #keep(batch: Batch): void {
    if (batch.capacity === batchSize && this.#spare.length < spareBatches) this.#spare.push(batch);
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writer = createTask(this.#writeAll(), { name: "output" });
  }

  *#writeAll(): CoroutineBody<void> {
    try {
      do {
        if (this.#full.length === 0) this.#next(0);
        const batch = this.#full.shift();
        if (batch === undefined) return;
        yield* fromPromise(this.#writeBatch(batch));
        this.#waiting -= batch.size + sizeOf(batch.warc);
        this.#keep(batch);
        this.#moved.set();
      } while (this.#full.length > 0 || this.#waiting >= batchSize);
    } catch (error) {
      this.#failure = error as Error;
      this.#failed.set();
      this.#moved.set();
    } finally {
      this.#writer = undefined;
    }
    if (this.#waiting > 0 && this.#failure === undefined) {
      this.#timer = getRunningLoop().callLater(longestWait, () => this.#write());
    }
  }

  async #writeBatch(batch: Batch): Promise<void> {
    const { lines, warc, journal } = this.#sinks;
    if (warc && batch.warc.length > 0) await writeOrUndo(warc, Buffer.concat(batch.warc));
    try {
      await lines.write(batch.lines);
    } catch (error) {
      if (lines.regular) await this.#cutHalfLine(batch);
      throw error;
    }
    const records = batch.records();
    if (journal && records) await journal.write(records);
  }

  /** The disk took a part: its whole lines stay, and count. */
  async #cutHalfLine(batch: Batch): Promise<void> {
    const { lines, journal } = this.#sinks;
    const whole = batch.wholeBefore(lines.size);
    await lines.truncate(batch.endOf(whole));
    const records = batch.records(whole);
    // On a full disk this may fail too: then the lines speak for themselves.
    if (journal && records) await journal.write(records).catch(() => {});
  }
}

/** Records that are written in part are of no use to anybody. */
async function writeOrUndo(sink: Sink, bytes: Uint8Array): Promise<void> {
  const { size } = sink;
  try {
    await sink.write(bytes);
  } catch (error) {
    await sink.truncate(size).catch(() => {});
    throw error;
  }
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size;
}
