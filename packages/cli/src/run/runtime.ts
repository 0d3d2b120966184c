/**
 * The copy of "brigade" that the program has. Its tasks live in that copy's state, so what runs and watches them comes
 * from there too; a program without one is given the command's own.
 */
import { realpathSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Refusal } from "./refusal.ts";

interface Entries {
  readonly brigade: typeof import("brigade");
  readonly "brigade/instruments": typeof import("brigade/instruments");
  readonly "brigade/node": typeof import("brigade/node");
  readonly "brigade/testing": typeof import("brigade/testing");
  readonly "brigade/trace": typeof import("brigade/trace");
}

const own = createRequire(import.meta.url);

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return ["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"].includes(code);
}

export class Runtime {
  /** Where the package is. */
  readonly folder: string;
  readonly #require: NodeJS.Require;

  /** `file` is the program's, by its real path. */
  constructor(file: string) {
    this.#require = finds(file) ? createRequire(file) : own;
    if (this.#require === own) offerOwn();
    this.folder = dirname(realpathSync(this.#require.resolve("brigade/package.json")));
  }

  /** Throws a Refusal where the program's copy is too old to have it. */
  async load<Name extends keyof Entries>(name: Name): Promise<Entries[Name]> {
    try {
      return (await import(pathToFileURL(this.#require.resolve(name)).href)) as Entries[Name];
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new Refusal(`the brigade that the program uses, in ${this.folder}, has no ${name}: update it`);
    }
  }
}

function finds(file: string): boolean {
  try {
    createRequire(file).resolve("brigade");
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** From here on, who imports "brigade" and has none gets the command's. */
function offerOwn(): void {
  let offering = false;
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (offering || !/^brigade(?:\/|$)/.test(specifier) || !isMissing(error)) throw error;
        offering = true; // what the command has not either ends here as well
        try {
          return { url: pathToFileURL(own.resolve(specifier)).href, shortCircuit: true };
        } finally {
          offering = false;
        }
      }
    },
  });
}

/** The command's own folder: its lines in a stack are of no interest to who wrote the program. */
export const ownFolder: string = dirname(dirname(fileURLToPath(import.meta.url)));
