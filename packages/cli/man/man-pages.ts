/** The manual pages, made of the declarations that the help is made of. */
import type { DocEntry, DocSection } from "@optique/core/doc";
import { formatMessage } from "@optique/core/message";
import type { CommandText } from "../src/command/command.ts";
import { commands } from "../src/command/commands.ts";
import { pageOf, programName, programSummary, sectionsOf } from "../src/command/program.ts";
import { asTyped, bold, entry, italic, paragraphs, roff, section, typed } from "./roff.ts";

export interface ManPage {
  readonly file: string;
  readonly text: string;
}

/** `brigade.1`, and one page for each command. */
export function manPages(): readonly ManPage[] {
  return [programPage(), ...commands.map(({ text }) => commandPage(text))];
}

const pageOfCommand = ({ name }: CommandText): string => `${programName}-${name}`;

function manPage(name: string, summary: string, body: readonly string[]): ManPage {
  const title = `.TH ${typed(name.toUpperCase())} 1 "" "${programName}" "User Commands"`;
  const lines = [title, ...section("NAME", [`${typed(name)} \\- ${roff(summary)}`]), ...body];
  return { file: `${name}.1`, text: `${lines.join("\n")}\n` };
}

function programPage(): ManPage {
  const list = commands.flatMap(({ text }) =>
    entry(bold(text.name), `${roff(text.summary)}. See ${bold(pageOfCommand(text))}(1).`),
  );
  const completion = entry(
    `${bold("completion")} ${italic("SHELL")}`,
    `Print the completion script of bash, zsh or fish. ${bold("brigade completion --help")} tells where to put it.`,
  );
  const options = [
    ...entry(`${bold("-h")}, ${bold("--help")}`, "Show the help: of a command, when it is given too."),
    ...entry(bold("--version"), "Show the version."),
  ];
  return manPage(programName, programSummary, [
    ...section("SYNOPSIS", [`${bold(programName)} ${italic("COMMAND")} [${italic("OPTION")}...]`]),
    ...section("COMMANDS", [...list, ...completion]),
    ...section("OPTIONS", options),
    ...section("EXIT STATUS", entry("2", "An argument is wrong. Each page lists the others of its command.")),
    ...section("SEE ALSO", [commands.map(({ text }) => `${bold(pageOfCommand(text))}(1)`).join(", ")]),
  ]);
}

function commandPage(text: CommandText): ManPage {
  const sections = sectionsOf(pageOf(text.name));
  const synopsis = `${bold(`${programName} ${text.name}`)} [${italic("OPTION")}...] ${roff(text.operands)}`;
  return manPage(pageOfCommand(text), text.summary, [
    ...section("SYNOPSIS", [synopsis]),
    ...section("DESCRIPTION", paragraphs(text.paragraphs)),
    ...section("OPTIONS", sections.flatMap(optionsOf)),
    ...section("EXAMPLES", text.examples.flatMap(exampleOf)),
    ...section(
      "EXIT STATUS",
      text.exitCodes.flatMap(([code, meaning]) => entry(String(code), `${roff(meaning)}.`)),
    ),
    ...section("SEE ALSO", [`${bold(programName)}(1)`]),
  ]);
}

const exampleOf = ({ what, lines }: CommandText["examples"][number], index: number): string[] => [
  ...(index === 0 ? [] : [".PP"]),
  roff(what),
  ...asTyped(lines),
];

function optionsOf({ title, entries }: DocSection): string[] {
  return [`.SS ${roff(title ?? "")}`, ...entries.flatMap((one) => entry(termOf(one), meaningOf(one)))];
}

function termOf({ term }: DocEntry): string {
  if (term.type === "argument") return italic(term.metavar);
  if (term.type !== "option") throw new Error(`a manual page has no way to show a ${term.type}`);
  const names = term.names.map(bold).join(", ");
  return term.metavar === undefined ? names : `${names} ${italic(term.metavar)}`;
}

function meaningOf({ description }: DocEntry): string {
  return roff(formatMessage(description ?? [], { quotes: false }));
}
