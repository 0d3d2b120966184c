/** Which flags of this process its workers get: all but those that say what this very process runs. */

/** How many values follow a flag that has none after a "=". */
type Flags = ReadonlyMap<string, number>;

/** What to run, and who listens to it. */
const OWN: Flags = new Map([
  ["-e", 1],
  ["--eval", 1],
  ["-p", 1],
  ["-pe", 1],
  ["--print", 1],
  ["-i", 0],
  ["--interactive", 0],
  ["--input-type", 1],
  ["-c", 0],
  ["--check", 0],
  ["--test", 0],
  ["--watch", 0],
  ["--inspect", 0],
  ["--inspect-brk", 0],
  ["--inspect-wait", 0],
  ["--inspect-port", 1],
]);

/** How modules are found and loaded. */
const LOADING: Flags = new Map([
  ["-C", 1],
  ["--conditions", 1],
  ["-r", 1],
  ["--require", 1],
  ["--import", 1],
  ["--loader", 1],
  ["--experimental-loader", 1],
  ["--enable-source-maps", 0],
]);

/** The flags of this process that are in the list (or, with `others`, that are not), with their values. */
function chosen(list: Flags, others: boolean): string[] {
  const flags: string[] = [];
  const all = process.execArgv;
  for (let at = 0; at < all.length; at++) {
    const flag = all[at] as string;
    const name = flag.replace(/=.*/s, "");
    const values = list.get(name);
    const end = at + (values === undefined || name !== flag ? 0 : values);
    if ((values === undefined) === others) flags.push(...all.slice(at, end + 1));
    at = end;
  }
  return flags;
}

export function flagsForProcesses(): string[] {
  return chosen(OWN, true);
}

/** Undefined where the host may pass them on itself: it does not do that well for a program that was given as text. */
export function flagsForThreads(): string[] | undefined {
  return process.execArgv.some((flag) => flag.startsWith("--input-type")) ? chosen(LOADING, false) : undefined;
}
