/** watchBlocking of brigade/node: what it costs a loop that never waits, and how soon it names the line that blocks. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { coroutine, gather, run, sleep, use } from "brigade";
import { watchBlocking } from "brigade/node";
import type { Programs } from "../../program.ts";

const TASKS = 100;
const TURNS = 20_000;

const turns = coroutine(function* () {
  for (let turn = 0; turn < TURNS; turn++) yield* sleep(0);
});

/** Milliseconds of two million switches. */
const switches = coroutine(function* () {
  const begun = performance.now();
  yield* gather(Array.from({ length: TASKS }, () => turns()));
  return performance.now() - begun;
});

const watched = coroutine(function* () {
  return yield* use(watchBlocking({ threshold: "100ms" }), function* ({ sees }) {
    if (sees !== "line") throw new Error("The watchdog sees no lines here.");
    return yield* switches();
  });
});

const blocked: string = fileURLToPath(new URL("../../node/blocked.ts", import.meta.url));

/** What blocked.ts writes just before it blocks: the time, and the place. */
const BEGUN = /^begun (\S+) (\S+)$/m;

/** Milliseconds from the beginning of the block in another process until its report had named the line. */
function reportDelay(): Promise<number> {
  const child = spawn(process.execPath, [blocked], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let reported = "";
  let delay: number | undefined;
  child.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    reported += bytes.toString();
    const [, begun, place] = BEGUN.exec(said) ?? [];
    if (delay !== undefined || place === undefined || !reported.includes(place)) return;
    delay = performance.timeOrigin + performance.now() - Number(begun);
  });
  return new Promise((resolve, reject) => {
    child.on("close", () => {
      if (delay !== undefined) resolve(delay);
      else reject(new Error(`The watchdog never named ${BEGUN.exec(said)?.[2] ?? "the line"}: ${reported || said}`));
    });
  });
}

export const programs: Programs = {
  "watchdog-cost": (pairs) =>
    run(function* () {
      let quickest = Infinity;
      let quickestWatched = Infinity;
      yield* switches();
      for (let pair = 0; pair < pairs; pair++) {
        // What else runs on the machine only ever adds to a time.
        quickestWatched = Math.min(quickestWatched, yield* watched());
        quickest = Math.min(quickest, yield* switches());
      }
      return quickestWatched / quickest;
    }),

  "watchdog-delay": reportDelay,
};
