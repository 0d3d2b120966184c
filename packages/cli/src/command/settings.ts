/** Options as every command declares them: one wording for what is wrong with them. */
import { group } from "@optique/core/constructs";
import { type Message, text } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { flag, option } from "@optique/core/primitives";
import type { Value } from "./values/value.ts";

type Name = `--${string}`;
type Names = readonly [...short: `-${string}`[], name: Name];
export type Setting<T> = Parser<"sync", T>;

const said = (words: string): Message => [text(words)];

function once<T>(names: Names, value: Value<T>, description: string) {
  const name = names.at(-1) as Name;
  return option(...(names as [Name]), value, {
    description: said(description),
    errors: {
      endOfInput: said(`${name} needs a value, such as ${name} ${inShell(value.example)}`),
      duplicate: said(`${name} is given twice: leave one out`),
      invalidValue: (error) => [text(`${name} `), ...error],
    },
  });
}

/** What the user would type for one word. */
export function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function setting<T>(names: Names, value: Value<T>, description: string): Setting<T | undefined> {
  return optional(once(names, value, description));
}

export function settingWithDefault<T>(names: Names, value: Value<T>, preset: T, description: string): Setting<T> {
  return withDefault(once(names, value, description), preset);
}

/** May be given any number of times. */
export function repeated<T>(names: Names, value: Value<T>, description: string): Setting<readonly T[]> {
  return multiple(once(names, value, description));
}

/** Off unless it is given. */
export function switched(names: Names, description: string): Setting<boolean> {
  const name = names.at(-1) as Name;
  const parser = flag(...(names as [Name]), {
    description: said(description),
    errors: { duplicate: said(`${name} is given twice: leave one out`) },
  });
  return withDefault(parser, false);
}

/** The help shows them together, below this title. */
export function under<T extends Readonly<Record<string, Setting<unknown>>>>(title: string, settings: T): T {
  const titled = Object.entries(settings).map(([name, parser]) => [name, group(title, parser)]);
  return Object.fromEntries(titled) as T;
}
