/** exec of brigade/node: a command that does nothing, and what it said. */
import { run } from "brigade";
import { exec } from "brigade/node";
import type { Programs } from "../../program.ts";

export const programs: Programs = {
  exec: (count) =>
    run(function* () {
      let silent = 0;
      for (let i = 0; i < count; i++) {
        const { stdout, stderr } = yield* exec("true");
        if (stdout === "" && stderr === "") silent++;
      }
      return silent;
    }),
};
