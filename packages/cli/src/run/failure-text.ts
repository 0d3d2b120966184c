/** An error as its author wants to see it: message, the program's own lines, cause, and the errors that came with it. */
import { inspect } from "node:util";
import { ownFolder, type Runtime } from "./runtime.ts";

type Core = typeof import("brigade");

export interface Telling {
  readonly core: Core;
  readonly runtime: Pick<Runtime, "folder">;
  readonly colors: boolean;
}

// How the runtime goes on with a coroutine.
const resumption = /\.(?:next|return|throw) \(<anonymous>\)/;

export function failureText(error: unknown, { core, runtime, colors }: Telling): string {
  // It has the tasks themselves too, and its message everything there is to say of them.
  if (error instanceof core.DeadlockError) return `DeadlockError: ${error.message}`;
  const own = ["(node:internal/", " node:internal/", "(node:async_hooks:", `${runtime.folder}/`, `${ownFolder}/`];
  const isOwn = (line: string): boolean =>
    /^\s+at /.test(line) && (resumption.test(line) || own.some((place) => line.includes(place)));
  const shown = inspect(error, { colors })
    .split("\n")
    .filter((line) => !isOwn(line))
    .join("\n");
  const others = core.suppressed(error).map((other) => failureText(other, { core, runtime, colors }));
  return [shown, ...others.map((text) => `and after it: ${text}`)].join("\n");
}
