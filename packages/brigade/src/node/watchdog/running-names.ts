/** Leaves the names of what runs where the watchdog's thread can read them: for hosts that can't show it the stack. */
import type { StepWatch } from "../../kernel/loop.ts";
import type { Frame } from "../../task/frame.ts";
import { coroutinesFrom } from "./place.ts";
import type { Heartbeat } from "./shared.ts";

interface NamedTask {
  readonly name: string;
  readonly top: Frame | undefined;
}

export class RunningNames implements StepWatch {
  readonly #heartbeat: Heartbeat;
  readonly #outer: NamedTask[] = []; // steps in progress, outermost first: a task may start another eagerly
  #task: NamedTask | undefined; // of the text in the shared memory, as is the frame
  #frame: Frame | undefined;
  #text = "";

  constructor(heartbeat: Heartbeat) {
    this.#heartbeat = heartbeat;
  }

  began(task: unknown): void {
    this.#outer.push(task as NamedTask);
    this.#tell(task as NamedTask);
  }

  ended(): void {
    this.#outer.pop();
    const outer = this.#outer.at(-1);
    if (outer === undefined) this.#heartbeat.rest();
    else this.#tell(outer);
  }

  #tell(task: NamedTask): void {
    if (task !== this.#task || task.top !== this.#frame) {
      this.#task = task;
      this.#frame = task.top;
      this.#text = `${task.name}\n${coroutinesFrom(task.top).join(" > ")}`;
    }
    this.#heartbeat.running = this.#text;
  }
}
