/** What keeps jobs for workers, as the command line names it. */
import { UsageError } from "../usage-error.ts";
import { type Value, value } from "./value.ts";

const names = ["bullmq", "pg-boss", "local"];

/** "bullmq" or "redis://…", "pg-boss" or "postgres://…", "local" or "local:FOLDER". */
export function engine(): Value<string> {
  return value({
    metavar: "ENGINE",
    example: "redis://127.0.0.1:6379",
    read(word) {
      if (names.includes(word) || /^local:./.test(word)) return word;
      if (/^(?:rediss?|postgres(?:ql)?):\/\//.test(word) && URL.canParse(word)) return word;
      throw new UsageError(
        "write bullmq or redis://host:port, pg-boss or postgres://user@host/database, local or local:FOLDER",
      );
    },
    write: (engine) => engine,
    *suggest(prefix) {
      for (const name of names) if (name.startsWith(prefix)) yield { kind: "literal", text: name };
    },
  });
}
