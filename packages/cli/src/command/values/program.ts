/** The program that is to be watched: the number of its process, or an address. */
import { UsageError } from "../usage-error.ts";
import type { Target } from "../../attach/attach.ts";
import { type Value, value } from "./value.ts";

const processNumber = /^(\d{1,10})(?:\.(\d{1,10}))?$/;

/** "1234", "1234.2" for a worker thread of it, or the address that `brigade inspect` prints. */
export function program(): Value<Target> {
  return value<Target>({
    metavar: "PROGRAM",
    example: "1234",
    read(word) {
      const [, pid, thread = "0"] = processNumber.exec(word) ?? [];
      if (pid !== undefined) return { pid: Number(pid), thread: Number(thread) };
      if (/^https?:\/\//.test(word) && URL.canParse(word)) return new URL(word);
      throw new UsageError(
        `write the number of a process, such as 1234, or the address that "brigade inspect" prints; brigade top alone lists your programs`,
      );
    },
    write: (target) =>
      target instanceof URL ? target.href : `${target.pid}${target.thread === 0 ? "" : `.${target.thread}`}`,
  });
}
