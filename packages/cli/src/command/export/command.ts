/** `brigade export`. What reads and writes is loaded when it runs, so that help and completions come at once. */
import { map } from "@optique/core/modifiers";
import type { Command } from "../command.ts";
import { assertDistinct, assertReadable, assertWritable } from "../values/files.ts";
import { exportArguments } from "./arguments.ts";
import { exportText } from "./text.ts";

export const exportCommand: Command = {
  text: exportText,
  invocation: map(exportArguments, (given) => async () => {
    const { file, output } = given;
    assertReadable("FILE", file);
    if (output !== undefined) {
      assertWritable("--output", output);
      assertDistinct([
        { name: "FILE", path: file },
        { name: "--output", path: output },
      ]);
    }
    const { exportTrace } = await import("../../export/export-trace.ts");
    return exportTrace(given);
  }),
};
