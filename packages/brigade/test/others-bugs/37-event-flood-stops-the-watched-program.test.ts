/**
 * tokio-console (console#133): a program that told of its events faster than anybody took them waited for room for them, and
 * was in a deadlock. Here events go into a ring that is written over, and answers wait for their reader, not the program.
 */
import { recorder } from "brigade/trace";
import { coroutine, createTask, run, sleep } from "brigade";
import { expect, test } from "vitest";
import { folder, NEXT_LINE, Program, socketOf, watch } from "../trace/hostile/watched.ts";

const SWITCHES = 1_000_000;

/** Two tasks that hand each other a queue's only place, a million switches; then what that took. */
const FLOOD = `
import { coroutine, fromPromise, Queue, run, taskGroup } from "brigade";
${NEXT_LINE}
const main = coroutine(function* main() {
  console.log("ready");
  yield* nextLine();
  const before = performance.now();
  yield* taskGroup(function* (group) {
    const queue = new Queue({ maxSize: 1 });
    group.createTask((function* () { for (let i = 0; i < ${SWITCHES / 2}; i++) yield* queue.put(i); })());
    for (let i = 0; i < ${SWITCHES / 2}; i++) yield* queue.get();
  });
  const { maxRSS } = process.resourceUsage();
  console.log(JSON.stringify({ took: performance.now() - before, memory: maxRSS / 1024 }));
  yield* nextLine();
});
await run(main());
process.stdin.destroy();
`;

interface Told {
  readonly took: number;
  /** The most that it ever had, in megabytes. */
  readonly memory: number;
}

/** Runs the flood; \`atSocket\` is called before it begins. */
async function flood(atSocket: (path: string) => Promise<(() => Promise<void>) | undefined>): Promise<Told> {
  const place = folder();
  const program = new Program(FLOOD, { env: { BRIGADE_INSPECT: "1", XDG_RUNTIME_DIR: place } });
  await program.printed("ready");
  const after = await atSocket(socketOf(place, program));
  program.tell("go");
  await program.printed("took");
  await after?.();
  program.tell("end");
  const { stdout, stderr, code } = await program.ended;
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")) as string) as Told;
}

test("a program floods events while watchers ask and never read: it is as fast as alone, in bounded memory, and the loss is told", {
  timeout: 120_000,
}, async () => {
  const alone = await flood(() => Promise.resolve(undefined));
  const watched = await flood(async (path) => {
    for (let i = 0; i < 8; i++) {
      const deaf = await watch(path);
      deaf.socket.pause();
      for (let request = 0; request < 2_000; request++) deaf.send(["flight", "dump", "tasks"][request % 3] as string);
    }
    return async () => {
      const { value } = await (await watch(path)).read().call("stats");
      expect((value as { lost: number }).lost).toBeGreaterThan(SWITCHES / 2);
    };
  });
  // Processes of one machine, one after the other: the bounds are wide, a program that waits for a reader never ends.
  expect(watched.took).toBeLessThan(alone.took * 3 + 1_000);
  expect(watched.memory).toBeLessThan(alone.memory + 150);
});

test("a flight recorder keeps its last events of a flood, and says how many are gone", async () => {
  const observer = recorder({ last: 1_000 });
  const child = coroutine(function* child() {
    yield* sleep(0);
  });
  await run(
    (function* () {
      for (let i = 0; i < 20_000; i++) yield* createTask(child());
    })(),
    { observer },
  );
  expect(observer.events).toBeGreaterThan(40_000);
  expect(observer.lost).toBe(observer.events - 1_000);
});
