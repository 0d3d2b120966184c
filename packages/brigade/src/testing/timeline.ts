/** What happened in a schedule, as text: a line for each step. */
import { CallbackHandle, text } from "../kernel/callback.ts";
import type { TaskLoop } from "../task/event-loop.ts";
import { DoneCallback } from "../task/future.ts";
import { TaskImpl } from "../task/task.ts";
import type { Report, Task, WaitInfo } from "../types.ts";
import type { Entry } from "./ready-set.ts";
import type { Recorder } from "./trial.ts";

interface Line {
  readonly time: string;
  readonly who: string;
  what: string;
  readonly created: string[];
}

/** A schedule that goes round in circles has thousands of lines: more than this are cut in the middle. */
const MOST_LINES = 200;
const FIRST_LINES = 40;
const LAST_LINES = 60;

export class Timeline implements Recorder {
  readonly #lines: Line[] = [];
  readonly #open: Line[] = []; // of steps in progress: one, or more where tasks start eagerly
  readonly #waits = new WeakMap<object, WaitInfo>(); // what each task waited for last
  readonly #wakers = new WeakMap<object, string>();
  #loop: TaskLoop | undefined;
  #over = false; // a deadlock: what follows is cleanup
  #ahead = ""; // whom the next step has overtaken

  begins(loop: TaskLoop): void {
    this.#loop = loop;
  }

  taken({ item, actor }: Entry, ahead: readonly Entry[]): void {
    const names = ahead.flatMap((entry) => (entry.actor instanceof TaskImpl ? [`"${entry.actor.name}"`] : []));
    this.#ahead = names.length > 0 ? `, ahead of ${names.join(", ")}` : "";
    if (actor instanceof CallbackHandle && !actor.cancelled) this.#add("loop", `calls back${this.#ahead}`);
    else if (actor instanceof DoneCallback) this.#add("loop", `calls a done callback${this.#ahead}`);
    else if ("deadline" in item) this.#add("loop", `a timeout is due${this.#ahead}`);
  }

  cancelling(task: TaskImpl<unknown>): void {
    this.#add("explore", `cancels "${task.name}"`);
  }

  heard({ kind, message }: Report): void {
    this.#add("loop", `reports ${kind}: ${message.split("\n")[0]?.replace(/:$/, "")}`);
    if (kind === "deadlock") this.#over = true;
  }

  taskCreated(task: Task<unknown>): void {
    const line = this.#open.at(-1);
    line?.created.push(`"${task.name}"`);
  }

  taskWoken(task: Task<unknown>, by: Task<unknown> | undefined): void {
    if (by !== undefined && by !== task) this.#wakers.set(task, `"${by.name}"`);
    else this.#wakers.delete(task);
  }

  stepStarted(task: Task<unknown>): void {
    const wait = this.#waits.get(task);
    const by = this.#wakers.get(task);
    const woken = by === undefined ? "" : `, woken by ${by}`;
    this.#open.push(this.#add(task.name, beginning(task as TaskImpl<unknown>, wait) + woken + this.#ahead));
    this.#ahead = "";
  }

  stepEnded(task: Task<unknown>, waitingFor: WaitInfo | undefined): void {
    const line = this.#open.pop() as Line;
    if (line.created.length > 0) line.what += `; creates ${line.created.join(", ")}`;
    if (waitingFor === undefined) {
      line.what += `; ${ending(task as TaskImpl<unknown>)}`;
      return;
    }
    this.#waits.set(task, waitingFor);
    line.what += `; waits for ${waitText(waitingFor)}${placeOf(task)}`;
  }

  #add(who: string, what: string): Line {
    const time = Math.round((this.#loop?.time() ?? 0) * 1_000) / 1_000;
    const line = { time: `${time} ms`, who, what, created: [] };
    if (!this.#over) this.#lines.push(line);
    return line;
  }

  toString(): string {
    const timeWidth = Math.max(0, ...this.#lines.map(({ time }) => time.length));
    const whoWidth = Math.max(0, ...this.#lines.map(({ who }) => who.length));
    const lines = this.#lines.map(
      ({ time, who, what }) => `${time.padStart(timeWidth)}  ${who.padEnd(whoWidth)}  ${what}`,
    );
    const cut = lines.length - FIRST_LINES - LAST_LINES;
    if (lines.length > MOST_LINES) lines.splice(FIRST_LINES, cut, `… ${cut} more …`);
    return lines.join("\n");
  }
}

function beginning(task: TaskImpl<unknown>, wait: WaitInfo | undefined): string {
  const unwinds = task.mayUnwind(task.top);
  if (wait === undefined) return unwinds ? "never starts" : "starts";
  return `${unwinds ? "unwinds from" : "goes on after"} ${waitText(wait)}`;
}

function waitText({ kind, label }: WaitInfo): string {
  return label === undefined ? kind : `${kind} "${label}"`;
}

function ending(task: TaskImpl<unknown>): string {
  if (task.cancelled) return "ends cancelled";
  if (!task.failed) return "ends";
  // Not through `exception()`: that would count as somebody having looked at the error.
  return `fails: ${text((task as unknown as { readonly value: unknown }).value)}`;
}

/** Where the program's innermost frame waits, as file and line. */
function placeOf(task: Task<unknown>): string {
  const frame = task.stack().findLast(({ file }) => file !== undefined);
  return frame === undefined ? "" : ` at ${String(frame.file).replace(/^.*[\\/]/, "")}:${frame.line}`;
}
