/** `brigade jobs`: opens the queue, does one thing, says what came of it. Gives the exit code. */
import { type CoroutineBody, run, use } from "brigade";
import { EngineError, engineFrom, MissingDriverError, type Workers, workers } from "@brigade/workers";
import { formatCount } from "../fetch/summary/format.ts";
import { printable } from "../fetch/summary/printable.ts";
import type { JobsAction, JobsOptions } from "./options.ts";
import { countsText, deadLetterText, jsonOf, scheduleText } from "./text.ts";

const notThere = 1;
const refused = 2;

export interface Pen {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export async function runJobs(options: JobsOptions, pen: Pen): Promise<number> {
  try {
    const opened = workers({ engine: engineFrom(options.engine), queue: options.queue });
    return await run(
      use(opened, (queue) => done(queue, options, pen)),
      { handleSignals: true, name: "jobs" },
    );
  } catch (error) {
    if (!(error instanceof EngineError) && !(error instanceof MissingDriverError)) throw error;
    pen.err(`brigade jobs: ${printable(error.message)}`);
    return refused;
  }
}

function* done(queue: Workers, { action, limit, json }: JobsOptions, pen: Pen): CoroutineBody<number> {
  if (action.kind === "list") return yield* listed(queue, { limit, json }, pen);
  if (action.kind === "schedules") return yield* schedulesListed(queue, json, pen);
  const { asked, count } = yield* changed(queue, action);
  pen.err(`brigade jobs: ${formatCount(count)} ${count === 1 ? "was" : "were"} ${words[action.kind]}`);
  if (asked === undefined || count >= asked) return 0;
  pen.err(`brigade jobs: ${formatCount(asked - count)} of ${formatCount(asked)} ${missing[action.kind]}`);
  return notThere;
}

type Change = Exclude<JobsAction, { readonly kind: "list" | "schedules" }>;

const words = { "put-back": "put back", discard: "discarded", cancel: "cancelled", unschedule: "unscheduled" } as const;

const missing = {
  "put-back": "are no dead letters of this queue",
  discard: "are no dead letters of this queue",
  cancel: "have ended already, or are not known",
  unschedule: "schedules are not there: brigade jobs --schedules lists them",
} as const;

/** How many were asked for, unless all were, and how many there were. */
function* changed(
  queue: Workers,
  action: Change,
): CoroutineBody<{ readonly asked: number | undefined; readonly count: number }> {
  const askedOf = (ids: readonly string[] | "all"): number | undefined => (ids === "all" ? undefined : ids.length);
  if (action.kind === "put-back") return { asked: askedOf(action.ids), count: yield* queue.putBack(action.ids) };
  if (action.kind === "discard") return { asked: askedOf(action.ids), count: yield* queue.discard(action.ids) };
  if (action.kind === "unschedule") return { asked: 1, count: (yield* queue.unschedule(action.key)) ? 1 : 0 };
  let count = 0;
  for (const id of action.ids) if (yield* queue.job(id).cancel()) count++;
  return { asked: action.ids.length, count };
}

function* listed(
  queue: Workers,
  { limit, json }: Pick<JobsOptions, "limit" | "json">,
  pen: Pen,
): CoroutineBody<number> {
  const counts = yield* queue.counts();
  if (!json) pen.out(countsText(counts));
  const letters = queue.deadLetters();
  let listedSoFar = 0;
  try {
    for (; listedSoFar < limit; listedSoFar++) {
      const letter = yield* letters.next();
      if (letter.done) break;
      pen.out(json ? jsonOf(letter.value) : deadLetterText(letter.value));
    }
  } finally {
    yield* letters.close();
  }
  if (!json && counts.dead > listedSoFar)
    pen.out(`… and ${formatCount(counts.dead - listedSoFar)} more: --limit shows them`);
  return 0;
}

function* schedulesListed(queue: Workers, json: boolean, pen: Pen): CoroutineBody<number> {
  const schedules = yield* queue.schedules();
  for (const schedule of schedules) pen.out(json ? jsonOf(schedule) : scheduleText(schedule));
  if (schedules.length === 0 && !json) pen.out("nothing is scheduled");
  return 0;
}
