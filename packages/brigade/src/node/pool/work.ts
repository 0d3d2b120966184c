/** What a pool is given to do, and the line in which it waits for a worker. */
/** What may be said to the worker that runs a work. */
export interface WorkRunner {
  /** Asks the call to end; the worker is killed when the grace is over. */
  cancel(reason: unknown): void;
  /** Asks the stream to end; the worker is killed when the grace is over. */
  closeStream(reason: unknown): void;
  /** The reader of the stream wants more. */
  pull(credit: number): void;
}

export interface Work {
  /** Of the function. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** How many items of a stream may be ahead of their reader; 0 where one value is wanted. */
  readonly credit: number;
  /** The worker that runs it. */
  worker: WorkRunner | undefined;
  /** How often a worker has died of it. */
  deaths: number;
  /** Whether it may be given to another worker when this one has died: nothing of it is gone or was seen. */
  readonly repeatable: boolean;
  previous: Work | undefined;
  following: Work | undefined;
  /** Its memory was moved into the worker: it can't be sent twice. */
  moved: boolean;

  gave(value: unknown): void;
  gaveItem(item: unknown): void;
  /** The stream has ended. */
  ended(): void;
  /** It failed; where it `answers`, the error says nothing but that it was cancelled. */
  failed(error: unknown, answers: boolean): void;
  /** The pool is closed, and does not wait for it. */
  dropped(error: Error): void;
}

/** First come, first served. Whoever is cancelled leaves it from any place. */
export class WorkLine {
  size = 0;
  #first: Work | undefined;
  #last: Work | undefined;

  add(work: Work): void {
    work.previous = this.#last;
    if (this.#last) this.#last.following = work;
    else this.#first = work;
    this.#last = work;
    this.size++;
  }

  addFirst(work: Work): void {
    work.following = this.#first;
    if (this.#first) this.#first.previous = work;
    else this.#last = work;
    this.#first = work;
    this.size++;
  }

  /** Only called when somebody stands in it. */
  shift(): Work {
    const work = this.#first as Work;
    this.remove(work);
    return work;
  }

  /** Only called for what stands in it. */
  remove(work: Work): void {
    if (work.previous) work.previous.following = work.following;
    else this.#first = work.following;
    if (work.following) work.following.previous = work.previous;
    else this.#last = work.previous;
    work.previous = work.following = undefined;
    this.size--;
  }

  /** Empties it. */
  *drain(): Generator<Work, void> {
    while (this.size > 0) yield this.shift();
  }
}
