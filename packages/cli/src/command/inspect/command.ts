/** `brigade inspect`. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import { map, optional } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import type { InspectOptions, Subject } from "../../inspect/options.ts";
import type { Command } from "../command.ts";
import { settingWithDefault, switched, under } from "../settings.ts";
import { assertReadable, file } from "../values/files.ts";
import { count } from "../values/numbers.ts";
import { inspectText } from "./text.ts";

const inspectArguments = object({
  ...under("Subject", {
    subject: optional(
      argument(file("trace.brigade", "SUBJECT"), {
        description: [text("The number of a process (1234, or 1234.2 for a worker thread), or a trace.")],
        errors: { invalidValue: (error) => [text("SUBJECT "), ...error] },
      }),
    ),
  }),
  ...under("Page", {
    port: settingWithDefault(["--port"], count(0, 65_535), 0, "The port to serve on; 0 takes a free one."),
    open: switched(["--open"], "Open the page in the browser."),
  }),
});

/** Throws UsageError. A number is a process: a file of that name is written ./1234. */
function subjectOf(word: string | undefined): Subject {
  if (word === undefined) return { kind: "programs" };
  const [, pid, thread = "0"] = /^(\d{1,10})(?:\.(\d{1,10}))?$/.exec(word) ?? [];
  if (pid !== undefined) return { kind: "program", target: { pid: Number(pid), thread: Number(thread) } };
  assertReadable("SUBJECT", word);
  return { kind: "file", path: word };
}

export const inspectCommand: Command = {
  text: inspectText,
  invocation: map(inspectArguments, ({ subject, port, open }) => async (surroundings) => {
    const options: InspectOptions = { subject: subjectOf(subject), port, open };
    const { inspect } = await import("../../inspect/inspect.ts");
    return inspect(options, surroundings);
  }),
};
