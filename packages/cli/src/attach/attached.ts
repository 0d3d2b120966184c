/** A program that is being watched, wherever the way to it leads. */
import type { CallName, CallParams, CallValue } from "brigade/trace";

/** What takes the pieces of a long answer; the next one waits until it is done with this. */
export type PieceTaker = (piece: string) => void | Promise<void>;

export interface Attached extends AsyncDisposable {
  /** How messages call it: "process 1234". */
  readonly name: string;
  /** Rejects with `AttachError` when the program refuses, has ended, or the way to it is gone. Several may be under way. */
  call<C extends CallName>(call: C, params: CallParams<C>, take?: PieceTaker): Promise<CallValue<C>>;
  /** Resolves when nothing can be asked any more: the program has ended, for one. */
  readonly ended: Promise<void>;
}

/** The program can't be watched. Its message is one line: what is wrong, with what, and what to do. */
export class AttachError extends Error {
  override readonly name: string = "AttachError";
}

/** What an answer says, of a call that is under way. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: string;
  readonly piece?: string;
}
