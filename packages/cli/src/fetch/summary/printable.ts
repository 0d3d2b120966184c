/** Text from a server or a file of URLs, made harmless for a terminal: nothing in it moves the cursor or changes colours. */
export function printable(text: string): string {
  // C0, DEL, C1, and what turns the direction of writing round.
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g, " ");
}
