/** What the user can set right by calling the command otherwise. Its message is one line: what is wrong, with what, and what to do. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** A word of the user's as it stands in a message: quoted, on one line, cut where it is long. */
export function quoted(word: string): string {
  const longest = 80;
  return JSON.stringify(word.length > longest ? `${word.slice(0, longest)}…` : word);
}
