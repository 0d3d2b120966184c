/** The arguments of `npm run bench`, read and checked. */
import { parseArgs } from "node:util";
import type { Work } from "./work.ts";
import { selectWorks, UnknownWork, works } from "./works.ts";

const DEFAULT_ROUNDS = 5;
const QUICK_ROUNDS = 3;

export const USAGE = "npm run bench -- [--only WORK,…] [--rounds N] [--quick] [--json FILE] [--list]";

export interface Options {
  readonly chosen: readonly Work[];
  readonly rounds: number;
  /** Fewer rounds, and shorter lists of URLs. */
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly list: boolean;
}

export class UsageError extends Error {}

export function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        rounds: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "string" },
        list: { type: "boolean", default: false },
      },
    });
    const chosen = values.only === undefined ? works : selectWorks(values.only);
    const { quick, json, list } = values;
    const rounds = values.rounds ?? String(quick ? QUICK_ROUNDS : DEFAULT_ROUNDS);
    return { chosen, rounds: wholeNumber(rounds), quick, json, list };
  } catch (error) {
    if (error instanceof UnknownWork || isParseError(error)) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function wholeNumber(rounds: string): number {
  const count = Number(rounds);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new UsageError(`--rounds ${rounds}: it takes a whole number of rounds, 1 or more.`);
  }
  return count;
}

function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
