/** What a command is: its arguments, its text, and how it is run. A new one is a folder beside fetch/ and a row in commands.ts. */
import type { Parser } from "@optique/core/parser";

export interface Example {
  readonly what: string;
  /** The lines to type. */
  readonly lines: readonly string[];
}

export interface CommandText {
  readonly name: string;
  /** After the name in the usage line. */
  readonly operands: string;
  /** One line: what it does. */
  readonly summary: string;
  readonly paragraphs: readonly string[];
  /** Said of an option that there is not, where it may have been meant for somebody else. */
  readonly foreignOptions?: string;
  readonly examples: readonly Example[];
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
}

/** Where a command runs: the process, or a test. */
export interface Surroundings {
  readonly version: string;
  readonly stdinIsTerminal: boolean;
  readonly colors: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Gives the exit code. Throws UsageError before anything has happened. */
export type Invocation = (surroundings: Surroundings, command: readonly string[]) => Promise<number>;

export interface Command {
  readonly text: CommandText;
  readonly invocation: Parser<"sync", Invocation>;
}
