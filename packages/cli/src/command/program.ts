/** The grammar of `brigade`: all commands as one parser, and the pages of the help as data. */
import { or } from "@optique/core/constructs";
import type { DocEntry, DocPage, DocSection } from "@optique/core/doc";
import { text } from "@optique/core/message";
import { getDocPage, type Parser } from "@optique/core/parser";
import { command } from "@optique/core/primitives";
import type { Usage } from "@optique/core/usage";
import type { Command, Invocation } from "./command.ts";
import { commands } from "./commands.ts";

export const programName = "brigade";

export const programSummary = "Runs programs of coroutines, shows what they wait for, fetches many URLs, and runs jobs";

function asParser({ text: { name, summary, operands }, invocation }: Command): Parser<"sync", Invocation> {
  return command(name, invocation, { brief: [text(summary)], usageLine: usageOf(operands) });
}

const usageOf =
  (operands: string) =>
  (whole: Usage): Usage => [
    ...whole.filter((term) => term.type === "command"),
    { type: "literal", value: "[OPTION...]" },
    { type: "literal", value: operands },
  ];

export const program: Parser<"sync", Invocation> = or(...commands.map(asParser));

/** The options of a command as the help and the manual page list them: operands first, defaults in plain words. */
export function sectionsOf({ sections }: DocPage): readonly DocSection[] {
  const sorted = sections.map((section) => ({
    ...section,
    entries: [...section.entries].sort((a, b) => rank(a) - rank(b)).map(withPlainDefault),
  }));
  return sorted.sort((a, b) => rankOfFirst(a) - rankOfFirst(b));
}

const rankOfFirst = ({ entries }: DocSection): number => (entries[0] === undefined ? 1 : rank(entries[0]));

const rank = ({ term }: DocEntry): number => (term.type === "argument" ? 0 : 1);

function withPlainDefault({ default: preset, ...entry }: DocEntry): DocEntry {
  if (preset === undefined) return entry;
  const plain = preset.map((term) => (term.type === "value" ? term.value : term.type === "text" ? term.text : ""));
  return { ...entry, description: [...(entry.description ?? []), text(` Default: ${plain.join("")}.`)] };
}

export function pageOf(name: string): DocPage {
  const page = getDocPage(program, [name]);
  if (page === undefined) throw new Error(`there is no page of ${name}`);
  return page;
}
