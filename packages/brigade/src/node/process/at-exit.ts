/** Whoever ends this program, by `process.exit` or an error that nobody catches, ends the processes it started. */

interface Killable {
  /** At once, and without waiting. */
  kill(): void;
}

const live = new Set<Killable>(); // not empty ⇔ `killAll` listens

function killAll(): void {
  for (const one of live) one.kill();
}

export function killAtExit(one: Killable): void {
  if (live.size === 0) process.on("exit", killAll);
  live.add(one);
}

export function forgetAtExit(one: Killable): void {
  if (live.delete(one) && live.size === 0) process.off("exit", killAll);
}
