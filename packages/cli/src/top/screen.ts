/** The whole terminal, for as long as the program has it: what stood on it before is there again afterwards, however it ends. */
import type { ReadStream, WriteStream } from "node:tty";
import { type Key, keysOf } from "./keys.ts";

const enter = "\u001B[?1049h\u001B[?25l"; // the other screen, no cursor
const leave = "\u001B[?25h\u001B[?1049l";
const home = "\u001B[H";
const beginUpdate = "\u001B[?2026h"; // terminals that know it show everything until the end at once
const endUpdate = "\u001B[?2026l";
const eraseToEndOfLine = "\u001B[K";
const eraseBelow = "\u001B[J";

export class FullScreen implements Disposable {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #pressed: (key: Key) => void;
  readonly #changed: () => void;
  #open = false;

  /** `changed` is told when it has to be drawn anew: it has another size, or the shell wrote on it. */
  constructor(input: ReadStream, output: WriteStream, pressed: (key: Key) => void, changed: () => void) {
    this.#input = input;
    this.#output = output;
    this.#pressed = pressed;
    this.#changed = changed;
    input.setEncoding("utf8").on("data", this.#read).on("error", this.#ignore);
    output.on("resize", changed);
    process.on("SIGCONT", this.#enter);
    process.on("exit", this.#leave);
    this.#enter();
  }

  get columns(): number {
    return this.#output.columns || 80;
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  draw(lines: readonly string[]): void {
    const text = lines.map((line) => line + eraseToEndOfLine).join("\r\n");
    this.#output.write(`${beginUpdate}${home}${text}${eraseBelow}${endUpdate}`);
  }

  [Symbol.dispose](): void {
    this.#input.off("data", this.#read).off("error", this.#ignore).pause();
    this.#output.off("resize", this.#changed);
    process.off("SIGCONT", this.#enter);
    process.off("exit", this.#leave);
    this.#leave();
  }

  readonly #enter = (): void => {
    this.#open = true;
    this.#input.setRawMode(true);
    this.#output.write(enter);
    this.#changed();
  };

  readonly #leave = (): void => {
    if (!this.#open) return;
    this.#open = false;
    this.#output.write(leave);
    try {
      this.#input.setRawMode(false);
    } catch {
      // the terminal is gone
    }
  };

  readonly #read = (input: string | Buffer): void => {
    for (const key of keysOf(String(input))) this.#pressed(key);
  };

  readonly #ignore = (): void => {};
}
