/** The help on the screen: of `brigade`, and of each command. */
import { type DocPage, formatDocPage } from "@optique/core/doc";
import { commandLine, type Message, text } from "@optique/core/message";
import type { CommandText, Surroundings } from "./command.ts";
import { commands } from "./commands.ts";
import { programName, programSummary, sectionsOf } from "./program.ts";

type Screen = Pick<Surroundings, "colors" | "width">;

const widest = 100; // longer lines are hard to read

const completionHelp = `Print the script with which a shell completes ${programName}'s commands, options and files
Usage: ${programName} completion SHELL

For good:
  bash  ${programName} completion bash > ~/.local/share/bash-completion/completions/${programName}
  zsh   ${programName} completion zsh > "\${fpath[1]}/_${programName}"
  fish  ${programName} completion fish > ~/.config/fish/completions/${programName}.fish

For this session:
  bash  source <(${programName} completion bash)
  zsh   source <(${programName} completion zsh)
  fish  ${programName} completion fish | source`;

export function helpOf(args: readonly string[], page: DocPage, screen: Screen): string {
  if (args[0] === "completion") return completionHelp;
  const name = args[0] === "help" ? args[1] : args[0];
  const command = commands.find((candidate) => candidate.text.name === name);
  return command === undefined ? programHelp(page, screen) : commandHelp(command.text, page, screen);
}

function programHelp(page: DocPage, screen: Screen): string {
  const usage = [{ type: "literal", value: "COMMAND" } as const, { type: "literal", value: "[OPTION...]" } as const];
  const first = commands[0] as { readonly text: CommandText };
  const start = `${programName} ${first.text.name} --help`;
  return rendered({ ...page, brief: [text(programSummary)], usage, footer: hint("Begin with", start) }, screen);
}

function hint(words: string, command: string): Message {
  return [text(`${words} `), commandLine(command)];
}

function commandHelp(command: CommandText, page: DocPage, screen: Screen): string {
  const description = [text(command.paragraphs.join("\n\n"))];
  const { footer: _footer, ...body } = page;
  return `${rendered({ ...body, description }, screen)}\n\n${examplesOf(command)}\n\n${exitCodesOf(command)}`;
}

function rendered(page: DocPage, { colors, width }: Screen): string {
  const maxWidth = Math.max(40, Math.min(width, widest));
  const text = formatDocPage(programName, { ...page, sections: sectionsOf(page) }, { colors, maxWidth, termWidth: 26 });
  return text.replaceAll(/ +$/gm, "").trimEnd();
}

function examplesOf({ examples }: CommandText): string {
  const shown = examples.map(({ what, lines }) => [`  ${what}`, ...lines.map((line) => `    ${line}`)].join("\n"));
  return `Examples:\n${shown.join("\n\n")}`;
}

function exitCodesOf({ exitCodes }: CommandText): string {
  return `Exit codes:\n${exitCodes.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`).join("\n")}`;
}
