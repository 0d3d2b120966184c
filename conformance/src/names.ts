/** How errors and values are written in a trace, alike for both interpreters. */
import { ExceptionGroup } from "brigade";

/** What a program raises: known by its name. */
export class ProgramError extends Error {
  override readonly name: string;
  constructor(name: string) {
    super(name);
    this.name = name;
  }
}

/** The error's name; that of a group tells its parts. */
export function nameOf(error: unknown): string {
  if (error instanceof ExceptionGroup) return `ExceptionGroup[${error.errors.map(nameOf).join(", ")}]`;
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.name : `${error.name} for ${nameOf(error.cause)}`;
}

/** A result: a number, a word, or nothing. An error stands in the place of a result with returnExceptions. */
export function written(value: unknown): string {
  if (value === undefined) return "ok";
  if (value instanceof Error) return `!${nameOf(value)}`;
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  return plain(value as string | number | boolean);
}

function plain(value: string | number | boolean): string {
  return `${value}`;
}

/** The operation in a line: its name and its plain arguments, in the order they stand in the program. */
export function described(op: { readonly op: string }): string {
  const values: unknown[] = Object.values(op);
  return values.filter((value) => typeof value !== "object").join(" ");
}
