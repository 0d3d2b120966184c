/** The ways to read: each is a leaf that waits until what it wants has come, and takes it when its task goes on, not before. */
import type { RunningTask } from "../../task/frame.ts";
import { Leaf } from "../../task/leaf.ts";
import type { Awaitable } from "../../types.ts";
import { IncompleteReadError, LimitOverrunError } from "../errors.ts";
import type { Intake, Waiting } from "./intake.ts";

abstract class Read<T> extends Leaf<T> implements Waiting {
  protected readonly intake: Intake;
  #state: "new" | "waiting" | "woken" = "new";

  constructor(intake: Intake) {
    super();
    this.intake = intake;
  }

  get kind(): string {
    return "read";
  }

  override get label(): string {
    return this.intake.label;
  }

  /** Whether it need not wait: what it wants is there, or no more will come. */
  protected abstract ready(): boolean;
  /** Takes what it wants from the queue, or throws why that can't be. */
  protected abstract take(): T;
  /** How many bytes may have to be there at once. */
  protected wanted(): number {
    return 1;
  }

  protected start(task: RunningTask): boolean {
    const { intake } = this;
    intake.claim();
    if (this.ready()) return true;
    this.#state = "waiting";
    intake.waiting = this;
    task.loop.foreign++;
    intake.want(this.wanted());
    return false;
  }

  arrived(): void {
    const { task } = this;
    if (this.#state !== "waiting" || task === undefined || !this.ready()) return;
    this.#state = "woken";
    task.loop.foreign--;
    task.wake();
  }

  protected finish(): T {
    this.#leave();
    try {
      return this.take();
    } finally {
      this.intake.taken();
    }
  }

  #leave(): void {
    if (this.#state !== "new") this.intake.waiting = undefined;
    this.#state = "new";
  }

  protected unwind(task: RunningTask): void {
    if (this.#state === "waiting") task.loop.foreign--;
    this.#leave();
    this.intake.taken();
  }
}

class Some extends Read<Uint8Array | undefined> {
  readonly #most: number;
  constructor(intake: Intake, most: number) {
    super(intake);
    this.#most = most;
  }
  protected ready(): boolean {
    return this.intake.queue.size > 0 || this.intake.over;
  }
  protected take(): Uint8Array | undefined {
    const { queue } = this.intake;
    if (queue.size > 0) return queue.takeSome(this.#most);
    this.intake.check();
    return undefined;
  }
}

class NextChunk extends Read<IteratorResult<Uint8Array, void>> {
  protected ready(): boolean {
    return this.intake.queue.size > 0 || this.intake.over;
  }
  protected take(): IteratorResult<Uint8Array, void> {
    const { queue } = this.intake;
    if (queue.size > 0) return { done: false, value: queue.takeSome(Infinity) };
    this.intake.check();
    return { done: true, value: undefined };
  }
}

class Exactly extends Read<Uint8Array> {
  readonly #count: number;
  constructor(intake: Intake, count: number) {
    super(intake);
    this.#count = count;
  }
  protected override wanted(): number {
    return this.#count;
  }
  protected ready(): boolean {
    return this.intake.queue.size >= this.#count || this.intake.over;
  }
  protected take(): Uint8Array {
    const { intake } = this;
    const { queue, label } = intake;
    if (queue.size >= this.#count) return queue.take(this.#count);
    intake.check();
    const message = `${label} ended after ${queue.size} of the ${this.#count} bytes that were asked for`;
    throw new IncompleteReadError(message, queue.take(queue.size), this.#count);
  }
}

abstract class Separated<T> extends Read<T> {
  readonly #separator: Uint8Array;
  protected readonly limit: number;
  #searched = 0; // the separator does not begin before it
  #found: number | undefined; // where it begins

  constructor(intake: Intake, separator: Uint8Array, limit: number) {
    super(intake);
    this.#separator = separator;
    this.limit = limit;
  }

  protected override wanted(): number {
    return Math.min(this.limit + this.#separator.byteLength, Number.MAX_SAFE_INTEGER);
  }

  protected ready(): boolean {
    this.#search();
    return this.#found !== undefined || this.#tooLong() || this.intake.over;
  }

  #search(): void {
    if (this.#found !== undefined) return;
    const place = this.intake.queue.find(this.#separator, this.#searched);
    if (place >= 0) this.#found = place;
    else this.#searched = -1 - place;
  }

  #tooLong(): boolean {
    return this.#searched > this.limit;
  }

  /** Bytes before the separator; undefined if it has not come, and will not. Throws if they are too many. */
  protected length(): number | undefined {
    this.#search();
    const found = this.#found;
    this.#found = undefined;
    const searched = this.#searched;
    this.#searched = 0;
    if ((found ?? searched) <= this.limit) return found;
    const message = `${this.intake.label}: more than ${this.limit} bytes came without ${JSON.stringify(Buffer.from(this.#separator).toString())}; they can still be read, with read() or a larger limit`;
    throw new LimitOverrunError(message, this.limit);
  }
}

class Until extends Separated<Uint8Array> {
  readonly #separatorLength: number;
  constructor(intake: Intake, separator: Uint8Array, limit: number) {
    super(intake, separator, limit);
    this.#separatorLength = separator.byteLength;
  }
  protected take(): Uint8Array {
    const { intake } = this;
    const length = this.length();
    if (length !== undefined) return intake.queue.take(length + this.#separatorLength);
    intake.check();
    const { size } = intake.queue;
    throw new IncompleteReadError(
      `${intake.label} ended after ${size} bytes, without the separator`,
      intake.queue.take(size),
    );
  }
}

const CARRIAGE_RETURN = 13;

/** Takes a line, without its end; undefined when there is none any more. */
function takeLine(intake: Intake, length: number | undefined): string | undefined {
  const { queue } = intake;
  if (length === undefined) {
    intake.check();
    return queue.size === 0 ? undefined : queue.takeText(queue.size);
  }
  const returned = length > 0 && queue.at(length - 1) === CARRIAGE_RETURN ? 1 : 0;
  const line = queue.takeText(length - returned);
  queue.drop(returned + 1);
  return line;
}

class Line extends Separated<string | undefined> {
  protected take(): string | undefined {
    return takeLine(this.intake, this.length());
  }
}

class NextLine extends Separated<IteratorResult<string, void>> {
  protected take(): IteratorResult<string, void> {
    const line = takeLine(this.intake, this.length());
    return line === undefined ? { done: true, value: undefined } : { done: false, value: line };
  }
}

class All<T> extends Read<T> {
  readonly #limit: number;
  readonly #form: "bytes" | "text";
  constructor(intake: Intake, limit: number, form: "bytes" | "text") {
    super(intake);
    this.#limit = limit;
    this.#form = form;
  }
  protected override wanted(): number {
    return this.#limit + 1;
  }
  protected ready(): boolean {
    return this.intake.over || this.intake.queue.size > this.#limit;
  }
  protected take(): T {
    const { intake } = this;
    const { queue } = intake;
    if (queue.size > this.#limit) {
      const message = `${intake.label} has more than the ${this.#limit} bytes that the limit allows`;
      throw new LimitOverrunError(message, this.#limit);
    }
    intake.check();
    return (this.#form === "text" ? queue.takeText(queue.size) : queue.take(queue.size)) as T;
  }
}

export function readSome(intake: Intake, most: number): Awaitable<Uint8Array | undefined> {
  return new Some(intake, most);
}

export function readNextChunk(intake: Intake): Awaitable<IteratorResult<Uint8Array, void>> {
  return new NextChunk(intake);
}

export function readExactly(intake: Intake, count: number): Awaitable<Uint8Array> {
  return new Exactly(intake, count);
}

export function readUntil(intake: Intake, separator: Uint8Array, limit: number): Awaitable<Uint8Array> {
  return new Until(intake, separator, limit);
}

export function readLine(intake: Intake, newline: Uint8Array, limit: number): Awaitable<string | undefined> {
  return new Line(intake, newline, limit);
}

export function readNextLine(
  intake: Intake,
  newline: Uint8Array,
  limit: number,
): Awaitable<IteratorResult<string, void>> {
  return new NextLine(intake, newline, limit);
}

export function readAll<F extends "bytes" | "text">(
  intake: Intake,
  limit: number,
  form: F,
): Awaitable<F extends "text" ? string : Uint8Array> {
  return new All(intake, limit, form);
}
