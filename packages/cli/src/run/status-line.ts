/**
 * One line below a program that is silent: how long it has run, its tasks, and what most of them wait for. It is there only
 * while nothing else is on the terminal's last line, and leaves nothing behind.
 */
import type { Task, WaitInfo } from "brigade";
import type { WriteStream } from "node:tty";
import stringWidth from "string-width";
import { formatCount, formatDuration } from "../fetch/summary/format.ts";
import { printable } from "../fetch/summary/printable.ts";

const silentFor = 1_000; // ms
const redrawEvery = 250;
const shareOfTime = 20; // looking takes at most this part of the time
const erase = "\r\u001B[K";
// Anything but colours: whoever moves the cursor has the terminal to himself.
// oxlint-disable-next-line eslint/no-control-regex -- escape sequences are what is looked for
const movesCursor = /\u001B(?!\[[\d;]*m)|\r(?!\n)|[\u0008\u000B\u000C]/;

/** In this package's own Task there is more than its type says; in that of another version there may not be. */
type Waiting = Task<unknown> & { readonly awaiting?: WaitInfo };

type Write = WriteStream["write"];

export class StatusLine implements Disposable {
  readonly #tasks: () => Iterable<Task<unknown>>;
  readonly #screen: WriteStream;
  readonly #began = performance.now();
  readonly #undo: (() => void)[] = [];
  readonly #terminals: number; // that are written to
  #timer: NodeJS.Timeout | undefined;
  #isDrawn = false;
  #atLineStart = true; // of what the program wrote
  #quietSince = performance.now();

  /** `screen` is a terminal. */
  constructor(screen: WriteStream, tasks: () => Iterable<Task<unknown>>) {
    this.#screen = screen;
    this.#tasks = tasks;
    for (const stream of [process.stdout, process.stderr]) if (stream.isTTY) this.#watch(stream);
    const leave = (): void => this.#clear();
    for (const event of ["exit", "uncaughtExceptionMonitor"]) {
      process.on(event, leave);
      this.#undo.push(() => process.off(event, leave));
    }
    this.#terminals = terminals(process.getActiveResourcesInfo());
    this.#again(silentFor);
  }

  /** What the program writes goes where the line was. */
  #watch(stream: WriteStream): void {
    const before = Object.getOwnPropertyDescriptor(stream, "write");
    const write = stream.write.bind(stream) as (...args: Parameters<Write>) => boolean;
    const watching = ((...args: Parameters<Write>) => {
      this.#written(args[0]);
      return write(...args);
    }) as Write;
    Object.defineProperty(stream, "write", { value: watching, writable: true, configurable: true });
    this.#undo.push(() => {
      if (Object.getOwnPropertyDescriptor(stream, "write")?.value !== watching) return; // the program has put another in its place
      if (before === undefined) Reflect.deleteProperty(stream, "write");
      else Object.defineProperty(stream, "write", before);
    });
  }

  #written(chunk: string | Uint8Array): void {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    if (text === "") return;
    this.#clear();
    this.#quietSince = performance.now();
    this.#atLineStart = text.endsWith("\n");
    if (movesCursor.test(text)) this[Symbol.dispose]();
  }

  #again(delay: number): void {
    this.#timer = setTimeout(() => this.#look(), delay);
    this.#timer.unref(); // a program that has nothing more to wait for ends
  }

  #look(): void {
    const began = performance.now();
    if (this.#mayDraw(began)) this.#draw();
    const took = performance.now() - began;
    this.#again(Math.max(redrawEvery, took * shareOfTime));
  }

  /** A line that the program has not ended, a question at the terminal, another program on it: nothing is drawn over those. */
  #mayDraw(now: number): boolean {
    if (!this.#atLineStart || now - this.#quietSince < silentFor) return false;
    const busy = process.getActiveResourcesInfo();
    const isOthers = busy.includes("ProcessWrap") || terminals(busy) > this.#terminals;
    if (isOthers) this.#clear();
    return !isOthers;
  }

  #draw(): void {
    const text = statusText(performance.now() - this.#began, this.#tasks());
    const room = (this.#screen.columns || 80) - 1;
    if (stringWidth(text) > room) return this.#clear();
    this.#write(`${erase}${text}`);
    this.#isDrawn = true;
  }

  #clear(): void {
    if (this.#isDrawn) this.#write(erase);
    this.#isDrawn = false;
  }

  /** Past what watches. */
  #write(text: string): void {
    Object.getPrototypeOf(this.#screen).write.call(this.#screen, text);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#clear();
    for (const undo of this.#undo.splice(0)) undo();
  }
}

/** Those written to, and the one that is read. */
function terminals(resources: readonly string[]): number {
  return resources.filter((name) => name === "TTYWrap").length;
}

/** `12 s  1,003 tasks, 1,000 in sleep`. */
export function statusText(elapsed: number, tasks: Iterable<Task<unknown>>): string {
  let count = 0;
  const waiting = new Map<string, number>();
  for (const task of tasks) {
    count++;
    const kind = (task as Waiting).awaiting?.kind;
    if (kind !== undefined && kind !== "task") waiting.set(kind, (waiting.get(kind) ?? 0) + 1);
  }
  const most = [...waiting].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
  const where = most[1] === 0 ? "" : `, ${formatCount(most[1])} in ${printable(most[0])}`;
  const seconds = formatDuration(Math.max(1, Math.floor(elapsed / 1_000)) * 1_000);
  return `${seconds}  ${formatCount(count)} ${count === 1 ? "task" : "tasks"}${where}`;
}
