/** Brigade's schedule explorer on a program of three tasks that share a lock. */
import { gather, Lock, sleep } from "brigade";
import { explore } from "brigade/testing";
import type { Programs } from "../../program.ts";

function threeTasks(): ReturnType<typeof gather> {
  const lock = new Lock();
  let inside = 0;
  const work = function* () {
    yield* sleep(1);
    using _held = yield* lock.acquire();
    if (++inside > 1) throw new Error("Two tasks hold the lock.");
    yield* sleep(1);
    inside--;
  };
  return gather([work(), work(), work()]);
}

export const programs: Programs = {
  explore: async (count) => (await explore(threeTasks, { schedules: count })).schedules,
};
