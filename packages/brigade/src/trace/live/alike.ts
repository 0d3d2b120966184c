/** Which tasks are shown as one row: those whose names differ in numbers alone, and that wait in the same coroutine in the same way. */
import type { Frame } from "../../task/frame.ts";
import type { LiveTask } from "./program.ts";

const DIGITS = /\d+/g;

type ByWait = Map<string, number>;
type ByRoot = Map<object, ByWait>;

/** Numbers tasks by what they look like, without making a text of each. */
export class Looks {
  readonly #numbered = new Map<object, ByRoot>(); // by the coroutine on top, then by that at the root
  readonly #named = new Map<object, ByRoot>();
  #count = 0;

  /** The same number for tasks that look alike. */
  of(task: LiveTask): number {
    const named = typeof task.givenName !== "number";
    const byRoot = gotOrMade(
      named ? this.#named : this.#numbered,
      task.top?.ledger ?? this,
      () => new Map<object, ByWait>(),
    );
    const byWait = gotOrMade(byRoot, rootOf(task)?.ledger ?? this, () => new Map<string, number>());
    const waits = waitOf(task);
    return gotOrMade(byWait, named ? `${groupName(task)}\n${waits}` : waits, () => this.#count++);
  }
}

function gotOrMade<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function waitOf(task: LiveTask): string {
  if (task.cancelRequested) return "ending";
  return task.progress === "waiting" ? (task.awaiting?.kind ?? "") : task.progress;
}

/** A short name of what such tasks look like, the same from one picture to the next: whoever watches sends it back. */
export function lookName(task: LiveTask): string {
  return hash(`${groupName(task)}\n${rootName(task)}\n${task.top?.name}\n${waitOf(task)}`);
}

/** "Task-*" */
export function groupName(task: LiveTask): string {
  const { givenName } = task;
  return typeof givenName === "number" ? "Task-*" : givenName.replace(DIGITS, "*");
}

/** The name of the coroutine that the task was made with. */
export function rootName(task: LiveTask): string {
  return rootOf(task)?.name ?? "";
}

function rootOf(task: LiveTask): Frame | undefined {
  let root = task.top;
  while (root?.parent) root = root.parent;
  return root;
}

/** FNV-1a. Groups that meet by accident are folded together. */
function hash(text: string): string {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return (sum >>> 0).toString(36);
}
