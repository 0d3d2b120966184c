/**
 * A file by lines. Lines that have been read are given without a frame and without a wait; the rest happens once for
 * each piece of the file.
 */
import { InvalidStateError } from "../../errors.ts";
import { asyncIteratorOf } from "../../flow/async-iterator.ts";
import type { Stream } from "../../flow/stream.ts";
import { shield } from "../../scope/shield.ts";
import { coroutine } from "../../task/coroutine.ts";
import { runningTaskLoop, type TaskLoop } from "../../task/event-loop.ts";
import type { Closer } from "../../task/home.ts";
import { runningTask } from "../../task/leaf.ts";
import { returned } from "../../task/suspension.ts";
import type { Awaitable, CoroutineBody, Suspension } from "../../types.ts";
import { LimitOverrunError } from "../errors.ts";
import { ChunkInput } from "./chunk-input.ts";
import { LineSplitter } from "./line-splitter.ts";
import { encodingOf, limitOf, type Path, pathOf, type TextEncoding } from "./path.ts";

export interface LinesOptions {
  /** "utf8" unless told otherwise. */
  readonly encoding?: TextEncoding;
  /** The longest line, in UTF-16 units, as a string's `length` counts; 16 Mi unless told otherwise. */
  readonly limit?: number;
}

const LONGEST = 16 * 1024 * 1024;
const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

type LineResult = IteratorResult<string, void>;

/**
 * The lines of the file, as a stream. A line ends at "\n" or "\r\n", which are not part of it; the last one may lack
 * that. Other characters, a lone "\r" among them, are text. A byte order mark at the beginning is dropped; what is not
 * UTF-8 becomes U+FFFD. The file is opened when the first line is asked for, and closed at its end, and on every other
 * way out. Memory is bounded by the longest line; a line that is kept for long keeps 16 KiB of the text around it.
 *
 * Cancellation closes the file, and the task unwinds when the read in progress has ended; that of a FIFO or terminal is
 * left at once. Throws `FileError`, and `LimitOverrunError` for a line longer than `limit`. Reading by several tasks at
 * once throws `InvalidStateError`. (Python: `for line in file`.)
 *
 * @example
 * ```ts
 * import { forEach, run, use } from "brigade";
 * import { readLines, tempDir, write } from "brigade/node";
 *
 * await run(
 *   use(tempDir(), function* (dir) {
 *     yield* write(`${dir}/log.txt`, "started\nready\n");
 *     yield* forEach(readLines(`${dir}/log.txt`), (line) => console.log(line));
 *   }),
 * );
 * ```
 */
export function readLines(path: Path, options: LinesOptions = {}): Stream<string> {
  const where = pathOf(path, "readLines");
  const encoding = encodingOf(options.encoding, "readLines");
  return new LineStream(where, encoding, limitOf(options.limit ?? LONGEST, "limit", "readLines"));
}

type State =
  | "idle"
  | "busy" // a task reads a piece of the file, or closes it
  | "ended";

class LineStream implements Stream<string>, Closer {
  state: State = "idle";
  readonly splitter: LineSplitter;
  readonly #path: string;
  readonly #limit: number;
  readonly #line: NextLine;
  #input: ChunkInput | undefined; // set ⇒ it is not closed, and stands in the loop's closers
  #loop: TaskLoop | undefined;

  constructor(path: string, encoding: TextEncoding, limit: number) {
    this.#path = path;
    this.#limit = limit;
    this.splitter = new LineSplitter(encoding, limit);
    this.#line = new NextLine(this);
  }

  next(): Awaitable<LineResult> {
    return this.#line;
  }

  close(): Awaitable<void> {
    return shield(LineStream.#close(this));
  }

  [Symbol.asyncIterator](): AsyncIterator<string, void> {
    return asyncIteratorOf(this, this.#loop ?? runningTaskLoop());
  }

  /** The next line, from the next piece of the file. The first error, and the end, close it. */
  fill(): Awaitable<LineResult> {
    return LineStream.#fill(this);
  }

  static readonly #fill = coroutine(function* readLines(lines: LineStream): CoroutineBody<LineResult> {
    lines.state = "busy";
    let more = false;
    try {
      const line = yield* LineStream.#nextLine(lines);
      more = line !== undefined;
      return line === undefined ? END : { done: false, value: line };
    } finally {
      if (more) lines.state = "idle";
      else yield* shield(LineStream.#end(lines));
    }
  });

  static readonly #nextLine = coroutine(function* readLines(lines: LineStream): CoroutineBody<string | undefined> {
    const { splitter } = lines;
    const input = (lines.#input ??= lines.#begin());
    for (;;) {
      const line = splitter.take();
      if (line !== undefined) return line;
      if (splitter.overrun) throw lines.#tooLong();
      const bytes = splitter.over ? undefined : yield* input.read();
      if (bytes !== undefined) splitter.feed(bytes);
      else if (splitter.over) return undefined;
      else splitter.finish();
    }
  });

  #begin(): ChunkInput {
    this.#loop = runningTaskLoop();
    this.#loop.closers.add(this); // if nobody closes it, the end of the run does
    return new ChunkInput(this.#path);
  }

  #tooLong(): LimitOverrunError {
    const place = `line ${this.splitter.lines + 1} of "${this.#path}"`;
    return new LimitOverrunError(
      `${place} is longer than ${this.#limit} characters; give readLines a larger limit, or read by readChunks`,
      this.#limit,
    );
  }

  /** Gives no more lines, and no longer holds the file. */
  static readonly #end = coroutine(function* close(lines: LineStream): CoroutineBody<void> {
    lines.state = "busy";
    const input = lines.#input;
    lines.#input = undefined;
    try {
      if (input !== undefined) yield* input.close();
    } finally {
      lines.#loop?.closers.delete(lines);
      lines.state = "ended";
    }
  });

  static readonly #close = coroutine(function* close(lines: LineStream): CoroutineBody<void> {
    if (lines.state === "busy") throw busy();
    if (lines.state === "idle") yield* LineStream.#end(lines);
  });
}

function busy(): InvalidStateError {
  return new InvalidStateError("these lines are being read or closed; one task at a time can do that");
}

/**
 * What `next` gives: one object for all lines, because one task at a time reads. It gives what is there, and stands
 * before the coroutine that reads more when there is nothing.
 */
class NextLine {
  readonly kind = "readLines"; // names the task's frame where it is run by itself
  readonly #stream: LineStream;
  #filling: Iterator<Suspension, LineResult, unknown> | undefined;

  constructor(stream: LineStream) {
    this.#stream = stream;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(sent?: unknown): IteratorResult<Suspension, LineResult> {
    if (sent !== undefined) return this.#fillingNow.next(sent);
    runningTask("readLines");
    const stream = this.#stream;
    if (stream.state === "idle") {
      const line = stream.splitter.take();
      if (line !== undefined) return returned({ done: false, value: line });
    } else if (stream.state === "ended") return returned(END);
    else throw busy();
    this.#filling = stream.fill()[Symbol.iterator]();
    return this.#filling.next();
  }

  return(value: LineResult): IteratorResult<Suspension, LineResult> {
    return this.#filling?.return?.(value) ?? returned(value);
  }

  get #fillingNow(): Iterator<Suspension, LineResult, unknown> {
    return this.#filling as Iterator<Suspension, LineResult, unknown>;
  }
}
