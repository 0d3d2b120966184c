/** Goes through a loop's tasks, one at a time, while the program goes on. Holds none of them, however many there are. */
import type { Listed, TaskHome } from "../../task/home.ts";
import { TaskImpl } from "../../task/task.ts";

/** Stands in the loop's list, and is no task. */
class Mark implements Listed {
  previous: Listed | undefined = undefined;
  following: Listed | undefined = undefined;
  expand(): void {}
}

/** The tasks that have not ended when their turn comes, of those that were there at the start; in the order they were made. */
export function* walk(loop: TaskHome): Generator<TaskImpl<unknown>, void> {
  const first = loop.unfinished().next().value;
  if (!first) return;
  const here = new Mark();
  const end = new Mark();
  loop.addBefore(here, first);
  loop.add(end);
  try {
    for (let next = here.following; next && next !== end; next = here.following) {
      loop.remove(here);
      loop.addBefore(here, next.following as Listed); // `end` is behind all of them
      if (next instanceof TaskImpl) yield next;
    }
  } finally {
    loop.remove(here);
    loop.remove(end);
  }
}

/** The same for several loops, one after the other. */
export function* walkAll(loops: Iterable<TaskHome>): Generator<TaskImpl<unknown>, void> {
  for (const loop of [...loops]) yield* walk(loop);
}
