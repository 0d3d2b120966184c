/** What a worker says of its work: lines on stderr for people, or a line of JSON on stdout for each event. */
import { inspect } from "node:util";
import type { WorkerEvent } from "@brigade/workers";
import { formatCount, formatDuration } from "../fetch/summary/format.ts";
import { printable } from "../fetch/summary/printable.ts";
import type { WorkerOptions } from "./options.ts";

export interface Pen {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What is told without --verbose: what somebody may have to look at. */
const telling = new Set<WorkerEvent["kind"]>(["failed", "dead", "trouble", "handed-back"]);

export class WorkerLog {
  readonly #options: WorkerOptions;
  readonly #pen: Pen;
  readonly #counts = new Map<WorkerEvent["kind"], number>();

  constructor(options: WorkerOptions, pen: Pen) {
    this.#options = options;
    this.#pen = pen;
  }

  /** A line of its own. */
  say(line: string): void {
    if (!this.#options.quiet) this.#pen.err(`brigade worker: ${printable(line)}`);
  }

  record(event: WorkerEvent): void {
    this.#counts.set(event.kind, (this.#counts.get(event.kind) ?? 0) + 1);
    const { json, verbose } = this.#options;
    if (json) this.#pen.out(JSON.stringify({ time: new Date().toISOString(), ...event, error: reasonOf(event) }));
    else if (verbose || telling.has(event.kind)) this.say(lineOf(event));
  }

  /** "120 completed, 2 failed". */
  summary(): string {
    const kinds = [...this.#counts].filter(([kind]) => kind !== "started" && kind !== "trouble");
    if (kinds.length === 0) return "no job came";
    return kinds.map(([kind, count]) => `${formatCount(count)} ${wordOf(kind)}`).join(", ");
  }
}

function lineOf(event: WorkerEvent): string {
  if (event.kind === "trouble") return `${event.message}: ${reasonOf(event)}`;
  const { kind, task, id, attempt } = event;
  const job = `${task} ${id}`;
  if (kind === "started") return `${job} started${attempt > 1 ? `, attempt ${attempt}` : ""}`;
  const took = ` after ${formatDuration(event.ms)}`;
  const why = event.error === undefined ? "" : `: ${event.error}`;
  return `${job} ${wordOf(kind)}${took}${why}`;
}

function wordOf(kind: WorkerEvent["kind"]): string {
  const words = {
    dead: "failed for the last time",
    failed: "failed, and is tried again",
    "handed-back": "handed back",
  };
  return Object.hasOwn(words, kind) ? words[kind as keyof typeof words] : kind;
}

function reasonOf(event: WorkerEvent): string | undefined {
  if (event.kind === "started" || event.error === undefined) return undefined;
  if (event.error instanceof Error) return event.error.message;
  return typeof event.error === "string" ? event.error : inspect(event.error);
}
