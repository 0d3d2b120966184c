/** Checks what a pool is made with, and fills in the rest. */
import { availableParallelism } from "node:os";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { milliseconds } from "../../duration.ts";
import { describe } from "../../errors.ts";
import type { ResourceLimits } from "./channel.ts";
import type { PoolOptions } from "./types.ts";

export interface PoolSettings {
  /** The address of the module. */
  readonly module: string;
  readonly name: string;
  readonly size: number;
  readonly recycle: number;
  readonly grace: number;
  readonly retries: number;
  readonly queue: number;
  readonly ahead: number;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly resourceLimits: ResourceLimits;
}

export function settingsOf(module: URL | string, options: PoolOptions, maker: string): PoolSettings {
  const { grace = "1s", env, execArgv, resourceLimits = {} } = options;
  const address = addressOf(module, maker);
  const count = (option: "size" | "recycle" | "retries" | "queue" | "ahead", least: number, unset: number): number => {
    const value = options[option] ?? unset;
    if (typeof value !== "number") throw new TypeError(`${maker}: ${option} is ${describe(value)}; give a number`);
    if (!(value >= least && (Number.isInteger(value) || value === Infinity)))
      throw new RangeError(`${maker}: ${option} is ${value}; give a whole number of at least ${least}`);
    return value;
  };
  return {
    module: address,
    name:
      options.name ??
      address
        .replace(/^data:.*/s, "data:")
        .replace(/[?#].*$/s, "")
        .replace(/^.*\//, ""),
    size: finite(count("size", 1, availableParallelism()), maker),
    recycle: count("recycle", 1, Infinity),
    grace: milliseconds(grace),
    retries: count("retries", 0, 0),
    queue: count("queue", 0, Infinity),
    ahead: finite(count("ahead", 1, 8), maker),
    env,
    execArgv,
    resourceLimits,
  };
}

function finite(value: number, maker: string): number {
  if (value === Infinity) throw new RangeError(`${maker}: size and ahead have to be finite`);
  return value;
}

function addressOf(module: URL | string, maker: string): string {
  if (module instanceof URL) return module.href;
  if (typeof module !== "string") throw new TypeError(`${maker} takes the URL of a module, not ${describe(module)}`);
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (/^(?:file|data|node):/.test(module)) return module;
  throw new TypeError(
    `${maker}: "${module}" is neither a URL nor an absolute path, and where it is relative to can't be known: ` +
      `write new URL("${module.startsWith(".") ? module : `./${module}`}", import.meta.url)`,
  );
}
