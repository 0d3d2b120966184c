/** Programs that checks need and npm does not bring: where they come from, and one line that says so when one is missing. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Command by command, the Debian package that brings it. */
const debianPackages = {
  python3: "python3",
  chromium: "chromium",
} as const;

export type SystemProgram = keyof typeof debianPackages;

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Nothing when the program is there; else a line that says what is missing and what to do. */
export function missingProgram(program: SystemProgram): string | undefined {
  if (isOnPath(program)) return undefined;
  return `${program} is missing: install it, then run this again (Debian: apt-get install ${debianPackages[program]})`;
}
