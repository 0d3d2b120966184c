/** node:child_process: a command that does nothing, and what it said. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Programs } from "../../program.ts";

const run = promisify(execFile);

export const programs: Programs = {
  exec: async (count) => {
    let silent = 0;
    for (let i = 0; i < count; i++) {
      const { stdout, stderr } = await run("true");
      if (stdout === "" && stderr === "") silent++;
    }
    return silent;
  },
};
