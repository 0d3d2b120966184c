/** A running program, as the page knows it: asked once a second, and kept as it was last when it ends. */
import {
  type Hello,
  type Stats,
  stateAt,
  type TaskDetail,
  type TaskQuery,
  type TaskSort,
  type WaitCycle,
} from "brigade/trace";
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { openTrace } from "../open/open.ts";
import type { OpenedTrace } from "../open/opened.ts";
import { type Server, ServerError } from "../open/server.ts";
import { TimelineState } from "../timeline/state.ts";
import { History } from "./history.ts";
import { type LiveRow, rowOf, rowsAt } from "./row.ts";

/** How the program is doing, as far as the page can tell. */
export type Health =
  | { readonly is: "asked" }
  | { readonly is: "answers" }
  | { readonly is: "busy"; readonly since: number }
  | { readonly is: "ended"; readonly why: string }
  | { readonly is: "out of reach"; readonly why: string };

/** Rows that are shown, of all there are. */
export interface Rows {
  readonly offset: number;
  readonly total: number;
  readonly rows: readonly LiveRow[];
}

/** What the flight recorder held when it was asked for, and the moment that is looked at. */
interface Flight {
  readonly opened: OpenedTrace;
  readonly timeline: TimelineState;
}

const PATIENCE = 1_200; // a program that answers no sooner is busy
const RETRY = 3_000; // milliseconds to the next question where nobody answered
const GONE = 410;

export class LiveState {
  readonly program: string;
  readonly title: Signal<string>;
  readonly health: Signal<Health> = signal({ is: "asked" });
  readonly hello: Signal<Hello | undefined> = signal(undefined);
  readonly stats: Signal<Stats | undefined> = signal(undefined);
  readonly history: History = new History();
  /** How often the program has answered. */
  readonly answers: Signal<number> = signal(0);
  readonly cycles: Signal<readonly WaitCycle[]> = signal([]);
  readonly paused: Signal<boolean> = signal(false);
  readonly filter: Signal<string> = signal("");
  readonly sort: Signal<TaskSort> = signal("tree");
  readonly toggled: Signal<ReadonlySet<string>> = signal(new Set());
  /** The rows that can be seen: from the first, so many. */
  readonly window: Signal<{ readonly offset: number; readonly limit: number }> = signal({ offset: 0, limit: 60 });
  readonly selected: Signal<string | undefined> = signal(undefined);
  readonly detail: Signal<TaskDetail | undefined> = signal(undefined);
  readonly flight: Signal<Flight | undefined> = signal(undefined);
  /** Milliseconds on the program's clock; undefined: now. */
  readonly moment: Signal<number | undefined> = signal(undefined);
  readonly rewinding: Signal<string> = signal("");
  readonly rows: ReadonlySignal<Rows>;
  readonly #server: Server;
  readonly #every: number;
  readonly #live: Signal<Rows> = signal({ offset: 0, total: 0, rows: [] });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #closed = false;

  /** `every`: milliseconds from an answer to the next question. */
  constructor(server: Server, program: string, every = 1_000) {
    this.#server = server;
    this.#every = every;
    this.program = program;
    this.title = signal(`process ${program}`);
    const past = computed(() => this.#past());
    this.rows = computed(() => past.value ?? this.#live.value);
  }

  /** Asks until `close`. */
  start(): void {
    this.#closed = false;
    void this.#round();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Asks now, whatever the time; soon where an answer is under way. */
  refresh(): void {
    if (this.#closed || this.#asking || this.health.value.is === "ended") return;
    clearTimeout(this.#timer);
    void this.#round();
  }

  async #round(): Promise<void> {
    // Nobody sees a hidden page, and the program has better things to do.
    if (!this.paused.value && !document.hidden) await this.#ask();
    if (this.#closed || this.health.value.is === "ended") return;
    clearTimeout(this.#timer);
    const wait = this.health.value.is === "out of reach" ? Math.max(this.#every, RETRY) : this.#every;
    this.#timer = setTimeout(() => void this.#round(), wait);
  }

  async #ask(): Promise<void> {
    const began = Date.now();
    const patience = setInterval(() => {
      if (Date.now() - began > PATIENCE) this.health.value = { is: "busy", since: began };
    }, 400);
    this.#asking = true;
    try {
      await this.#questions();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#asking = false;
      clearInterval(patience);
    }
  }

  async #questions(): Promise<void> {
    const { program } = this;
    const server = this.#server;
    if (this.hello.value === undefined) {
      const hello = await server.call(program, "hello", {});
      this.hello.value = hello;
      this.title.value = hello.title;
      document.title = `${hello.title} · brigade`;
    }
    const [stats, page, cycles, detail] = await Promise.all([
      server.call(program, "stats", {}),
      server.call(program, "tasks", this.#query()),
      server.call(program, "cycles", {}),
      this.#askDetail(),
    ]);
    this.history.add(stats);
    batch(() => {
      this.stats.value = stats;
      this.#live.value = { offset: page.offset, total: page.total, rows: page.rows.map(rowOf) };
      this.cycles.value = cycles;
      this.detail.value = detail;
      this.answers.value += 1;
      this.health.value = { is: "answers" };
    });
  }

  #query(): TaskQuery {
    const { offset, limit } = this.window.value;
    const filter = this.filter.value.trim();
    return {
      offset,
      limit,
      sort: this.sort.value,
      toggled: [...this.toggled.value],
      ...(filter === "" ? {} : { filter }),
    };
  }

  async #askDetail(): Promise<TaskDetail | undefined> {
    const task = numberOf(this.selected.value);
    if (task === undefined) return undefined;
    try {
      return await this.#server.call(this.program, "task", { task });
    } catch (error) {
      // It has ended since; whatever else is wrong, the other questions tell.
      if (error instanceof ServerError && error.status === 502) return undefined;
      throw error;
    }
  }

  #failed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const isOver = error instanceof ServerError && error.status === GONE;
    this.health.value = isOver ? { is: "ended", why } : { is: "out of reach", why };
  }

  select(key: string | undefined): void {
    this.selected.value = key;
    this.refresh();
  }

  toggle(key: string): void {
    const toggled = new Set(this.toggled.value);
    if (!toggled.delete(key)) toggled.add(key);
    this.toggled.value = toggled;
    this.refresh();
  }

  /** Fetches what the flight recorder holds, and shows its end. */
  async rewind(): Promise<void> {
    this.rewinding.value = "Fetching the flight recorder…";
    try {
      const source = this.#server.trace("the flight recorder", this.program);
      const opened = await openTrace(source, (words) => {
        this.rewinding.value = words;
      });
      const timeline = new TimelineState(opened, []);
      batch(() => {
        this.flight.value = { opened, timeline };
        this.moment.value = opened.timeline.end;
        this.rewinding.value = "";
      });
      await timeline.awaitAdvice(this.#server.advice(this.program));
    } catch (error) {
      this.rewinding.value = error instanceof Error ? error.message : String(error);
    }
  }

  /** Back to now; what the flight recorder held is given back. */
  now(): void {
    batch(() => {
      this.flight.value = undefined;
      this.moment.value = undefined;
      this.rewinding.value = "";
    });
    this.refresh();
  }

  #past(): Rows | undefined {
    const time = this.moment.value;
    const flight = this.flight.value;
    if (time === undefined || flight === undefined) return undefined;
    const { timeline } = flight.opened;
    const all = rowsAt(timeline, stateAt(timeline, time).tasks, time, this.toggled.value);
    const wanted = this.filter.value.trim().toLowerCase();
    const found = wanted === "" ? all : all.filter((row) => isFound(row, wanted));
    const { offset, limit } = this.window.value;
    return { offset, total: found.length, rows: found.slice(offset, offset + limit) };
  }
}

function isFound({ name, root, waits, frames }: LiveRow, wanted: string): boolean {
  return [name, root, waits, ...frames.map((frame) => frame.name)].some((text) => text.toLowerCase().includes(wanted));
}

/** The task's number, where the row is one task. */
function numberOf(key: string | undefined): number | undefined {
  const digits = /^t(\d+)$/.exec(key ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
