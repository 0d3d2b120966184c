/** A command as a person would type it, for messages. */

const PLAIN = /^[\w@%+=:,./-]+$/;
const LONGEST = 200; // characters; a message is no place for a whole script

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Shortened where it is long. */
export function commandLine(command: string, args: readonly string[]): string {
  const line = [command, ...args].map(quoted).join(" ");
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
