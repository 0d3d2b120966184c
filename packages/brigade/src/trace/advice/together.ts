/** Parts of one task's work that may run beside each other must lie beside or within each other, not across. */
import type { Together } from "../replay/changes.ts";

/** Those that fit: of two that cross, the one that stands first in the list. */
export function fitting(changes: readonly Together[]): Together[] {
  return [...Map.groupBy(changes, ({ task }) => task).values()].flatMap(fittingOfTask);
}

function fittingOfTask(changes: readonly Together[]): Together[] {
  const taken: Together[] = [];
  const rank = new Map(changes.map((change, index) => [change, index]));
  const sorted = [...changes].sort((one, other) => first(one) - first(other) || other.end - one.end);
  // Those around the one that is looked at, the innermost last.
  const around: Together[] = [];
  for (const change of sorted) {
    while (around.length > 0 && (around.at(-1) as Together).end <= first(change)) around.pop();
    const outer = around.at(-1);
    if (outer !== undefined && !isWithinOnePart(outer, change)) {
      if ((rank.get(change) as number) > (rank.get(outer) as number)) continue;
      around.pop();
      taken.splice(taken.indexOf(outer), 1);
    }
    around.push(change);
    taken.push(change);
  }
  return taken;
}

function first({ starts }: Together): number {
  return starts[0] as number;
}

function isWithinOnePart(outer: Together, inner: Together): boolean {
  if (inner.end > outer.end) return false;
  const { starts } = outer;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= first(inner)) low = middle;
    else high = middle - 1;
  }
  return inner.end <= (starts[low + 1] ?? outer.end);
}
