/** Words that are passed on as they stand. */
import { UsageError } from "../usage-error.ts";
import { type Value, value } from "./value.ts";

export function word(): Value<string> {
  return value({ metavar: "ARG", example: "orders.csv", read: (word) => word, write: (word) => word });
}

/** A schedule as `brigade run --explore` prints it. */
export function seed(): Value<string> {
  return value({
    metavar: "SEED",
    example: "s1-2.1",
    read(word) {
      if (!/^s1[\w.-]*$/.test(word)) throw new UsageError("this is no seed: copy the one that --explore has printed");
      return word;
    },
    write: (seed) => seed,
  });
}

/** Of a task, of a coroutine. */
export function name(): Value<string> {
  return value({
    metavar: "NAME",
    example: "main",
    read(word) {
      if (word === "") throw new UsageError("write a name");
      return word;
    },
    write: (name) => name,
  });
}
