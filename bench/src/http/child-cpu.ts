/** The processor time of processes that have ended: the system adds it to what it knows of the one that started them. */
import { readFileSync } from "node:fs";

/** The kernel tells times in hundredths of a second, whatever it counts in. */
const MS_PER_TICK = 10;
/** Places of `cutime` and `cstime` behind the name in /proc/self/stat (proc(5): fields 16 and 17). */
const CUTIME = 13;
const CSTIME = 14;

/** Milliseconds of all children that were waited for, and of theirs; undefined where the system has no /proc. */
export function endedChildrenMs(): number | undefined {
  let stat: string;
  try {
    stat = readFileSync("/proc/self/stat", "utf8");
  } catch {
    return undefined;
  }
  // The name stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[CUTIME]) + Number(fields[CSTIME])) * MS_PER_TICK;
}
