/**
 * Where coroutine frames are, read off the host's stacks: the `yield*` lines an error passed, and the line at which
 * a suspended frame waits. Costs nothing while nothing throws and nobody asks.
 */
import type { FrameInfo } from "../types.ts";

const MOST_LINES = 100; // of yield* places on one error; reading each costs some microseconds

// A generator's frame is followed on V8's stacks by the built-in that resumed it.
const RESUMPTION = /\.(?:next|return|throw) \(<anonymous>\)$/;

// The package's address: its src/ and, built, its dist/ are the runtime's. Hosts with source maps show the one for the other.
// Empty when bundled.
const OWN = /* @__PURE__ */ (() => {
  const match = /^(?:file:\/\/)?(.*\/)(?:src|dist)\/task\/trace\.[jt]s/.exec(import.meta.url);
  return match ? (match[1] as string) : "";
})();

interface StackHost {
  captureStackTrace?(target: object, above: unknown): void;
  stackTraceLimit?: number;
}

const FEW_LINES = 4; // mostly enough; making a line of each costs about as much as all the rest
const MANY_LINES = 10;

/** The stack lines below the function `above`, up to the next resumption of a generator: the caller's own. */
function callerLines(above: unknown): string[] {
  const few = capturedLines(above, FEW_LINES);
  const reachOut = few.length < FEW_LINES || few.some((line, index) => index > 0 && (isOwn(line) || line === asker));
  return framesOf(reachOut ? few : capturedLines(above, MANY_LINES));
}

function capturedLines(above: unknown, limit: number): string[] {
  const stackHost = Error as unknown as StackHost;
  const target: { stack?: string } = {};
  const before = stackHost.stackTraceLimit;
  stackHost.stackTraceLimit = limit;
  if (stackHost.captureStackTrace) stackHost.captureStackTrace(target, above);
  else target.stack = new Error().stack ?? "";
  if (before !== undefined) stackHost.stackTraceLimit = before;
  return linesOf(target.stack);
}

/** The lines that name a place, without the message before them. */
function linesOf(stack: string | undefined): string[] {
  return String(stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line));
}

/** The lines down to the end of the coroutine frame: where the runtime, not another generator, resumed it. */
function framesOf(lines: readonly string[]): string[] {
  const frames: string[] = [];
  for (const [index, line] of lines.entries()) {
    // Some leaves stand behind another object that has `next`, a queue's behind its call of get or put.
    if (index === 0 && (OWN === "" || isOwn(line)) && /\bnext \(/.test(line)) continue;
    if (isOwn(line) || line === asker) break;
    if (!RESUMPTION.test(line)) frames.push(line);
    else if (OWN === "" || isOwn(lines[index + 1] ?? `${OWN}src/`)) break;
  }
  return frames;
}

/** In a bundle: the line, on a stack, of the runtime's function that asks frames where they are. */
let asker: string | undefined;

/** Learns that line, where the runtime's lines can't be told by their file: from a stack that is taken when `ask` calls back. */
export function knowAsker(ask: (answer: () => unknown) => void): void {
  if (OWN !== "" || asker !== undefined) return;
  const answer = (): void => {
    asker = capturedLines(answer, 1)[0] ?? "";
  };
  ask(answer);
}

function isOwn(line: string): boolean {
  return OWN !== "" && (line.includes(`${OWN}src/`) || line.includes(`${OWN}dist/`));
}

const yieldLines = new WeakMap<Error, string[]>(); // for errors that have left a coroutine: the places they passed

/**
 * The error as it was thrown, with its stack cut to the program's own lines and, where `above` is given, with the line
 * of the `yield*` that called it.
 */
export function traced(error: unknown, above?: unknown): unknown {
  if (!(error instanceof Error) || Object.isFrozen(error)) return error;
  let lines = yieldLines.get(error);
  if (!lines) {
    yieldLines.set(error, (lines = []));
    rewrite(error, ownLines);
  }
  if (above === undefined || lines.length >= MOST_LINES) return error;
  for (const line of callerLines(above)) {
    lines.push(line);
    rewrite(error, (stack) => `${stack}\n${line}`);
  }
  return error;
}

function rewrite(error: Error, change: (stack: string) => string): void {
  try {
    if (typeof error.stack === "string") error.stack = change(error.stack);
  } catch {
    // an error whose stack can't be read or set keeps the one it has
  }
}

/** The stack up to the coroutine frame that threw, without the runtime's lines. */
function ownLines(stack: string): string {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => /^\s+at /.test(line)); // the message stands before it
  if (first < 0) return stack;
  let start = first;
  while (start < lines.length && isOwn(lines[start] as string)) start++;
  const frames = framesOf(lines.slice(start));
  // Thrown by the runtime itself: what the host called it with is of no more interest.
  const host = start > first ? frames.filter((line) => !/[( ]node:/.test(line)) : frames;
  return [...lines.slice(0, first), ...host].join("\n");
}

/** File and line of the caller of the function `above`. */
export function place(above: unknown): string | undefined {
  const frame = callerLines(above)[0];
  const info = frame === undefined ? undefined : parse(frame);
  return info?.file === undefined ? undefined : `${info.file}:${info.line}`;
}

const LOOP = /(?:src|dist)\/kernel\/loop\.[jt]s/; // what stands below it called the loop, not this

/**
 * File and line of the program's own code that called the runtime. Undefined where none did: where the loop goes on with
 * what a task began, and in a bundle, which hides whose code is whose.
 */
export function programPlace(): string | undefined {
  if (OWN === "") return undefined;
  const stackHost = Error as unknown as StackHost;
  const limit = stackHost.stackTraceLimit;
  stackHost.stackTraceLimit = 50;
  const lines = linesOf(new Error().stack);
  if (limit !== undefined) stackHost.stackTraceLimit = limit;
  for (const line of lines) {
    if (/^\s+at async /.test(line) || (isOwn(line) && LOOP.test(line))) return undefined;
    const { file, line: row } = parse(line);
    // Without a file: a function of the language, such as Array.map, that the program called.
    if (file !== undefined && !isOwn(line) && !/[( ]node:/.test(line)) return `${file}:${row}`;
  }
  return undefined;
}

/** The program's own places in a stack, innermost first: without those of the runtime and the host. */
export function programFrames(stack: string): FrameInfo[] {
  return linesOf(stack)
    .filter((line) => !isOwn(line) && !/[( ]node:/.test(line))
    .map(parse)
    .filter(({ file }) => file !== undefined && !file.startsWith("<"));
}

/** The frames from the caller of `above` up to the next resumption: more than one when bare generators stand between. */
export function framesAbove(above: unknown): FrameInfo[] {
  return callerLines(above).map(parse);
}

function parse(line: string): FrameInfo {
  const match = /^\s+at (?:(.*?) \()?(file:\/\/)?(.*?):(\d+):(\d+)\)?$/.exec(line);
  if (!match) return { name: line.trim() };
  const [, name, isUrl, path, row, column] = match;
  const file = isUrl ? decoded(path as string) : (path as string);
  return { name: name ?? "", file, line: Number(row), column: Number(column) };
}

/** The path that a URL names. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // it is none: the file's name has a % of its own
  }
}

/** Names a function without a name by the place of its definition, when somebody asks. */
export function definitionPlace(above: unknown): () => string {
  const stackHost = Error as unknown as StackHost;
  const target: { stack?: string } = {};
  stackHost.captureStackTrace?.(target, above);
  // Without a regular expression: the watchdog asks for names while one of the program's may be running.
  return () => {
    const line = (target.stack ?? "").split("\n").find((text) => text.trimStart().startsWith("at "));
    const column = line?.lastIndexOf(":") ?? -1;
    if (line === undefined || column < 0) return "anonymous";
    const from = Math.max(line.lastIndexOf("/"), line.lastIndexOf("\\"), line.lastIndexOf("("), line.lastIndexOf(" "));
    return line.slice(from + 1, column);
  };
}
