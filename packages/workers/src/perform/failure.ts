/** Failures as text, on their way from a worker to whoever awaits the job. */
import type { RemoteError } from "../errors.ts";

/** What is kept of a failure. */
export interface Failure extends RemoteError {
  /** How many attempts there were, this one included. */
  readonly attempts: number;
}

const LONGEST = 16 * 1024; // characters of a message, of a stack: an error may quote megabytes of input

/** What can be told of anything that is thrown: looking at it may throw. */
export function remoteError(thrown: unknown): RemoteError {
  try {
    if (!(thrown instanceof Error)) return { name: "Error", message: `a value was thrown: ${described(thrown)}` };
    const { name, message, stack } = thrown;
    return {
      name: short(String(name)),
      message: short(String(message)),
      ...(typeof stack === "string" && { stack: short(stack) }),
    };
  } catch {
    return { name: "Error", message: "what was thrown can't be read: looking at it throws" };
  }
}

function described(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(short(value));
  if (typeof value === "object" && value !== null) return short(JSON.stringify(value) ?? "an object");
  return short(String(value));
}

function short(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}

export function failureText(thrown: unknown, attempts: number): string {
  return JSON.stringify({ ...remoteError(thrown), attempts } satisfies Failure);
}

/** The failure of a text. One that something else than a worker of Brigade has written is its own message. */
export function failureOf(text: string): Failure {
  try {
    const failure = JSON.parse(text) as Partial<Failure> | null;
    if (typeof failure?.name === "string" && typeof failure.message === "string")
      return { ...failure, name: failure.name, message: failure.message, attempts: Number(failure.attempts ?? 1) };
  } catch {
    // it is no JSON
  }
  return { name: "Error", message: text, attempts: 1 };
}
