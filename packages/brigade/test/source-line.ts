/** Lines of this test suite's own source, as a stack tells them. */

/** The line after the one that calls this, of the file that calls this. */
export function nextLine(): number {
  const caller = new Error().stack?.split("\n")[2] ?? "";
  const line = /:(\d+):\d+\)?$/.exec(caller)?.[1];
  if (line === undefined) throw new Error(`no line in ${caller}`);
  return Number(line) + 1;
}
