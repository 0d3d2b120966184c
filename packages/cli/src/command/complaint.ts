/** One line for arguments that can't be understood: what is wrong, and what to write instead. */
import { formatMessage, type Message } from "@optique/core/message";
import { parseDetailed } from "@optique/core/parser";
import { findSimilar } from "@optique/core/suggestion";
import { extractOptionNames } from "@optique/core/usage";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import { program, programName } from "./program.ts";
import { inShell } from "./settings.ts";
import { quoted } from "./usage-error.ts";

/** Commands that the parser brings. */
const builtIn = ["completion", "help"];

const nearest = { maxDistance: 3, maxSuggestions: 1 };

/** `error` is what the parser says of `args`. */
export function complaint(args: readonly string[], error: Message): string {
  if (args[0] === "completion") return `${programName}: ${aboutCompletion(args[1])}`;
  const result = parseDetailed(program, args[0] === "help" ? args.slice(1) : args);
  if (result.success) return `${programName}: ${onOneLine(error)}`;
  const [word] = result.remainingArgs;
  const command = commands.find(({ text }) => text.name === result.commandPath[0]);
  const isUnexpected = word !== undefined && isAbout(result.error, word);
  if (command === undefined) return `${programName}: ${isUnexpected ? unknownCommand(word) : onOneLine(error)}`;
  return `${programName} ${command.text.name}: ${isUnexpected ? unexpected(word, command) : onOneLine(result.error)}`;
}

function isAbout(error: Message, word: string): boolean {
  return error.some((term) => term.type === "optionName" && term.optionName === word);
}

function onOneLine(error: Message): string {
  return formatMessage(error, { quotes: false })
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
}

function aboutCompletion(shell: string | undefined): string {
  if (shell === undefined) return `name a shell: ${programName} completion bash, zsh or fish`;
  return `there is no completion for ${quoted(shell)}: bash, zsh and fish have one`;
}

function unknownCommand(word: string): string {
  const more = `${programName} --help shows all`;
  if (word.startsWith("-")) return `there is no option ${quoted(word)} (${more})`;
  const names = [...commands.map(({ text }) => text.name), ...builtIn];
  const [similar] = findSimilar(word, names, nearest);
  return `there is no command ${quoted(word)}${similar === undefined ? "" : `: did you mean ${similar}?`} (${more})`;
}

function unexpected(word: string, { text, invocation }: Command): string {
  const ownOnes = `${programName} ${text.name} --help shows all`;
  const more = text.foreignOptions === undefined ? ownOnes : `${ownOnes}; ${text.foreignOptions}`;
  if (!word.startsWith("-") || word === "-")
    return `${quoted(word)} is one operand too many: ${text.name} takes ${text.operands}`;
  const names = extractOptionNames(invocation.usage);
  const glued = word.slice(0, 2);
  if (word.length > 2 && names.has(glued))
    return `there is no option ${quoted(word)}: write ${glued} ${inShell(word.slice(2))}`;
  const name = word.split("=", 1)[0] as string;
  const [similar] = findSimilar(name, names, nearest);
  return `there is no option ${quoted(name)}${similar === undefined ? "" : `: did you mean ${similar}?`} (${more})`;
}
