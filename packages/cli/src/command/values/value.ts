/** What an option's value is: how it is read, and how a bad one is answered. */
import { text } from "@optique/core/message";
import type { Suggestion } from "@optique/core/parser";
import type { ValueParser } from "@optique/core/valueparser";
import { quoted, UsageError } from "../usage-error.ts";

export interface Value<T> extends ValueParser<"sync", T> {
  /** A good one, for messages. */
  readonly example: string;
}

export interface ValueDeclaration<T> {
  /** Its name in the help, such as `RATE`. */
  readonly metavar: Uppercase<string>;
  readonly example: string;
  /** Throws UsageError with what is wrong and what to write. */
  readonly read: (word: string) => T;
  /** As the user would write it. */
  readonly write: (value: T) => string;
  readonly suggest?: (prefix: string) => Iterable<Suggestion>;
}

export function value<T>({ metavar, example, read, write, suggest }: ValueDeclaration<T>): Value<T> {
  return {
    mode: "sync",
    metavar: metavar as "VALUE",
    example,
    placeholder: read(example),
    format: write,
    ...(suggest === undefined ? {} : { suggest }),
    parse(word) {
      try {
        return { success: true, value: read(word) };
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        return { success: false, error: [text(`${quoted(word)}: ${error.message}`)] };
      }
    },
  };
}
