/** A log file that many write to: one line after the other, none lost when the program is stopped, compressed when it is rotated. */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import {
  type AsyncContextManager,
  type Awaitable,
  type Coroutine,
  type CoroutineBody,
  contextManager,
  coroutine,
  createTask,
  forEach,
  fromPromise,
  Lock,
  Queue,
  type Task,
} from "brigade";
import { appendLine, exec } from "brigade/node";

export class Log {
  readonly #folder: string;
  readonly #current: string;
  /** Bounded: when the disk is slow, those who write wait, and so do their clients. */
  readonly #lines = new Queue<string>({ maxSize: 1000 });
  /** Nobody writes while the file gets another name. */
  readonly #file = new Lock();
  #rotations = 0;
  /** Lines in the current file. */
  #inFile = 0;
  /** Writes what comes. Ends after `close`, or before it by an error: a disk that is full, say. */
  readonly writing: Task<void>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#current = join(folder, "current.log");
    this.writing = createTask(forEach(this.#lines, (line) => this.#write(line)));
  }

  append(line: string): Awaitable<void> {
    return this.#lines.put(line);
  }

  /** Gives the file another name, and compresses it. Lines that come meanwhile go to a new one. Undefined: there was no line. */
  rotate: () => Coroutine<string | undefined> = coroutine(function* rotate(
    this: Log,
  ): CoroutineBody<string | undefined> {
    const rotated = join(this.#folder, `${this.#rotations + 1}.log`);
    {
      using _permit = yield* this.#file.acquire();
      if (this.#inFile === 0) return undefined;
      yield* fromPromise(() => rename(this.#current, rotated));
      this.#rotations++;
      this.#inFile = 0;
    }
    yield* exec("gzip", ["--force", rotated]);
    return `${rotated}.gz`;
  });

  readonly #write = coroutine(function* write(this: Log, line: string): CoroutineBody<void> {
    using _permit = yield* this.#file.acquire();
    yield* appendLine(this.#current, line);
    this.#inFile++;
  });

  close(): void {
    this.#lines.shutdown();
  }
}

/** Leaving writes what was still to be written: cleanup runs to its end, Ctrl-C or not. */
export const openLog: (folder: string) => AsyncContextManager<Log> = contextManager(function* (folder: string) {
  const log = new Log(folder);
  try {
    yield log;
  } finally {
    log.close();
    yield* log.writing;
  }
});
