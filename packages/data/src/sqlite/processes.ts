/** The processes of a database, and how many calls are under way. */
import { type Awaitable, type CoroutineBody, coroutine, type Ending, Event, gather, InvalidStateError } from "brigade";
import { Leases } from "./leases.ts";
import { IN_MEMORY, type Settings } from "./options.ts";
import { Readers } from "./readers.ts";
import { Texts } from "./texts.ts";
import { Writer } from "./writer.ts";

/** How long the process that writes may take to end: it moves its log into the file. */
const LAST_WORK = 10_000; // ms

export class Processes {
  readonly settings: Settings;
  readonly texts: Texts = new Texts();
  readonly writer: Writer;
  readonly readers: Readers;
  readonly leases: Leases;
  /** One process does it all: the database is nowhere else. */
  readonly alone: boolean;
  #calls = 0;
  #closed = false;
  readonly #quiet: Event = new Event();

  constructor(settings: Settings) {
    const { opening, grace, readers, streams } = settings;
    const reading = { ...opening, readOnly: true, wal: false };
    this.settings = settings;
    this.alone = opening.path === IN_MEMORY;
    this.writer = new Writer(opening, grace);
    this.readers = new Readers(reading, readers, grace);
    this.leases = new Leases(reading, streams, grace);
  }

  /** Throws when the database is closed. */
  check(): void {
    if (this.#closed) throw this.#closedError();
  }

  /** A call begins; `end` has to follow. Throws when the database is closed. */
  begin(): void {
    this.check();
    this.#calls++;
  }

  end(): void {
    if (--this.#calls === 0 && this.#closed) this.#quiet.set();
  }

  /** Waits for the calls in progress, unless the body failed; ends every process. */
  close(ending: Ending): Awaitable<void> {
    return closing(this, ending.kind === "value");
  }

  /** Takes no more calls. Waits for those in progress. */
  *settle(): CoroutineBody<void> {
    this.#closed = true;
    if (this.#calls > 0) yield* this.#quiet.wait();
  }

  shut(): void {
    this.#closed = true;
  }

  #closedError(): Error {
    return new InvalidStateError(
      `the database ${this.settings.opening.path} is closed: it is open for as long as the body of use() runs`,
    );
  }

  *endAll(orderly: boolean): CoroutineBody<void> {
    const error = this.#closedError();
    yield* gather([this.leases.close(error), this.readers.close(error)]);
    yield* this.writer.close(error, orderly ? LAST_WORK : this.settings.grace);
  }
}

const closing = coroutine(function* close(processes: Processes, orderly: boolean): CoroutineBody<void> {
  if (orderly) yield* processes.settle();
  else processes.shut();
  yield* processes.endAll(orderly);
});
