/** execa: a command that does nothing, and what it said. */
import { execa } from "execa";
import type { Programs } from "../../program.ts";

export const programs: Programs = {
  exec: async (count) => {
    let silent = 0;
    for (let i = 0; i < count; i++) {
      const { stdout, stderr } = await execa("true");
      if (stdout === "" && stderr === "") silent++;
    }
    return silent;
  },
};
