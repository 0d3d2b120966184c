/** What the timeline shows now: the window, what is folded, what is selected. */
import { type Advice, type CriticalPath, criticalPath } from "brigade/trace";
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Selection, Wake } from "../draw/scene.ts";
import { nextBlocked } from "../model/blocked.ts";
import { type FoldedLanes, foldedLanes } from "../model/folded.ts";
import { isOpen, hasChildren, revealing, type RowKey, type Rows, rowsOf } from "../model/rows.ts";
import { found } from "../model/search.ts";
import { type Spot, spotsOf } from "../model/spots.ts";
import { around, clamped, fitting, moved, type Window, zoomed } from "../model/viewport.ts";
import { type TaskWakes, wakesBetween, wakesOfTask } from "../model/wakes.ts";
import type { OpenedTrace } from "../open/opened.ts";

const FEW_TASKS = 60; // groups begin open where all there is fits on two screens
const MOST_WAKES = 120;

export class TimelineState {
  readonly opened: OpenedTrace;
  readonly advice: Signal<readonly Advice[]>;
  /** Why there is no advice: it is being worked out, or could not be; empty otherwise. */
  readonly adviceNote: Signal<string> = signal("");
  readonly window: Signal<Window>;
  readonly toggled: Signal<ReadonlySet<RowKey>>;
  readonly rows: ReadonlySignal<Rows>;
  readonly folded: ReadonlySignal<FoldedLanes>;
  readonly selected: Signal<Selection | undefined> = signal(undefined);
  readonly hovered: Signal<Selection | undefined> = signal(undefined);
  readonly range: Signal<Window | undefined> = signal(undefined);
  readonly query: Signal<string> = signal("");
  readonly found: ReadonlySignal<Uint32Array>;
  readonly foundSet: ReadonlySignal<ReadonlySet<number>>;
  /** Which of the found tasks was gone to, −1: none. */
  readonly foundAt: Signal<number> = signal(-1);
  readonly showsCritical: Signal<boolean> = signal(true);
  readonly critical: ReadonlySignal<CriticalPath | undefined>;
  readonly spots: ReadonlySignal<readonly Spot[]>;
  /** Milliseconds. */
  readonly threshold: Signal<number> = signal(50);
  readonly showsTable: Signal<boolean> = signal(false);
  /** The row that the lanes shall bring into view. */
  readonly wantedRow: Signal<number> = signal(-1);
  /** What was done, in words, for who can't see it. */
  readonly said: Signal<string> = signal("");
  readonly #wakes: ReadonlySignal<TaskWakes | undefined>;

  constructor(opened: OpenedTrace, advice: readonly Advice[]) {
    const { timeline, groups, orders } = opened;
    this.opened = opened;
    this.advice = signal(advice);
    this.window = signal(fitting(timeline.start, timeline.end));
    this.toggled = signal(timeline.taskCount <= FEW_TASKS ? allGroups(groups.count) : new Set());
    this.rows = computed(() => rowsOf(timeline, groups, this.toggled.value));
    this.folded = computed(() => foldedLanes(timeline, orders, this.rows.value));
    this.found = computed(() => found(timeline, this.query.value));
    this.foundSet = computed(() => new Set(this.found.value));
    const path = computed(() => criticalPath(timeline));
    this.critical = computed(() => (this.showsCritical.value ? path.value : undefined));
    this.spots = computed(() => spotsOf(timeline, this.advice.value));
    const selectedTask = computed(() => Math.max(0, this.selected.value?.key ?? 0));
    this.#wakes = computed(() => (selectedTask.value === 0 ? undefined : wakesOfTask(timeline, selectedTask.value)));
  }

  /** Takes the advice when it is there. */
  async awaitAdvice(advice: Promise<readonly Advice[]>): Promise<void> {
    this.adviceNote.value = "Looking for advice…";
    try {
      this.advice.value = await advice;
      this.adviceNote.value = "";
    } catch (error) {
      this.adviceNote.value = `There is no advice: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** The arrows: of the selected span, or of all that is seen of the selected task where these are few. */
  wakes(): readonly Wake[] {
    const wakes = this.#wakes.value;
    const selected = this.selected.value;
    if (wakes === undefined || selected === undefined) return [];
    if (selected.span < 0) {
      const { from, to } = this.window.value;
      const all = wakesBetween(wakes, from, to, MOST_WAKES + 1);
      return all.length > MOST_WAKES ? [] : all;
    }
    const { timeline } = this.opened;
    const [first] = timeline.spansOf(selected.key);
    const before = Math.max(first, selected.span - 1);
    return wakesBetween(
      wakes,
      timeline.spanStart[before] as number,
      timeline.spanEnd[selected.span] as number,
      MOST_WAKES,
    );
  }

  show(window: Window): void {
    const { start, end } = this.opened.timeline;
    this.window.value = clamped(window, start, end);
  }

  zoom(factor: number, at?: number): void {
    this.show(zoomed(this.window.value, factor, at));
  }

  /** `by` is a share of what is seen. */
  pan(by: number): void {
    const { from, to } = this.window.value;
    this.show(moved(this.window.value, by * (to - from)));
  }

  fit(): void {
    const { start, end } = this.opened.timeline;
    this.show(fitting(start, end));
  }

  toggle(key: RowKey): void {
    if (!hasChildren(this.opened.timeline, key)) return;
    const toggled = new Set(this.toggled.value);
    if (!toggled.delete(key)) toggled.add(key);
    this.toggled.value = toggled;
    this.said.value = isOpen(key, toggled) ? "unfolded" : "folded";
  }

  select(selection: Selection | undefined): void {
    this.selected.value = selection;
  }

  /** Shows the task's row, whatever it was folded into, and the span if there is one. */
  goTo(task: number, span = -1): void {
    const { timeline, groups } = this.opened;
    if (task === 0) return;
    batch(() => {
      const row = this.rows.value.rowOfTask[task] as number;
      if (this.rows.value.key[row] !== task) {
        this.toggled.value = revealing(timeline, groups, this.toggled.value, task);
      }
      this.selected.value = { key: task, span };
      this.wantedRow.value = this.rows.value.rowOfTask[task] as number;
      this.#bringIntoView(task, span);
    });
  }

  #bringIntoView(task: number, span: number): void {
    const { timeline } = this.opened;
    const [first, last] = timeline.spansOf(task);
    if (first === last) return;
    const start = timeline.spanStart[span < 0 ? first : span] as number;
    const end = timeline.spanEnd[span < 0 ? last - 1 : span] as number;
    const { from, to } = this.window.value;
    if (start > to || end < from) {
      const length = to - from;
      this.show(
        end - start > length ? { from: start - length * 0.1, to: start + length * 0.9 } : centred(start, end, length),
      );
    }
  }

  zoomToSelection(): void {
    const selected = this.selected.value;
    if (selected === undefined || selected.key < 0) return;
    const { timeline } = this.opened;
    const [first, last] = timeline.spansOf(selected.key);
    if (first === last) return;
    const start = timeline.spanStart[selected.span < 0 ? first : selected.span] as number;
    const end = timeline.spanEnd[selected.span < 0 ? last - 1 : selected.span] as number;
    this.show(around(start, end));
  }

  /** The next span of the selected task, or the one before. */
  stepSpan(by: 1 | -1): void {
    const selected = this.selected.value;
    if (selected === undefined || selected.key < 0) return;
    const [first, last] = this.opened.timeline.spansOf(selected.key);
    if (first === last) return;
    const { from } = this.window.value;
    const here = selected.span < 0 ? this.opened.timeline.spanAt(selected.key, Math.max(from, 0)) : selected.span + by;
    this.goTo(selected.key, Math.min(last - 1, Math.max(first, here)));
  }

  stepRow(by: number): void {
    const rows = this.rows.value;
    const selected = this.selected.value;
    const here = selected === undefined ? -1 : rowOf(rows, selected.key);
    const row = Math.min(rows.count - 1, Math.max(0, here + by));
    const key = rows.key[row];
    if (key === undefined) return;
    this.selected.value = { key, span: -1 };
    this.wantedRow.value = row;
  }

  stepFound(by: 1 | -1): void {
    const tasks = this.found.value;
    if (tasks.length === 0) return;
    this.foundAt.value = (this.foundAt.value + by + tasks.length) % tasks.length;
    this.goTo(tasks[this.foundAt.value] as number);
  }

  /** To the step that blocks the loop next, after what is selected; from the first one on again after the last. */
  nextBlocked(): void {
    const { timeline } = this.opened;
    const span = this.selected.value?.span ?? -1;
    const after = span < 0 ? -Infinity : (timeline.spanStart[span] as number);
    let next = nextBlocked(this.opened, after, this.threshold.value);
    if (next < 0) next = nextBlocked(this.opened, -Infinity, this.threshold.value);
    if (next < 0) this.said.value = "no step blocks the loop as long as that";
    else this.goTo(timeline.spanTask[next] as number, next);
  }

  /** To whoever woke the selected task. */
  goToWaker(): void {
    const selected = this.selected.value;
    if (selected === undefined || selected.span < 0) return;
    const waker = this.wakerOf(selected.span);
    if (waker !== undefined) this.goTo(waker.task, waker.span);
    else this.said.value = "woken by no task";
  }

  /** Who woke the task that is in the span, or made it; undefined: a timer, the host, or nobody yet. */
  wakerOf(span: number): { readonly task: number; readonly span: number } | undefined {
    const { timeline } = this.opened;
    const own = timeline.spanTask[span] as number;
    const [first] = timeline.spansOf(own);
    const cause = timeline.spanBy[span] === 0 && span > first ? span - 1 : span;
    const by = timeline.spanBy[cause] as number;
    if (by === 0) return undefined;
    const time = timeline.spanState[cause] === 2 ? timeline.spanEnd[cause] : timeline.spanStart[cause];
    return { task: by, span: timeline.spanAt(by, time as number) };
  }
}

function allGroups(count: number): Set<RowKey> {
  return new Set(Array.from({ length: count }, (_, index) => -(index + 1)));
}

function rowOf(rows: Rows, key: RowKey): number {
  return key > 0 ? (rows.rowOfTask[key] as number) : rows.key.indexOf(key);
}

function centred(start: number, end: number, length: number): Window {
  const middle = (start + end) / 2;
  return { from: middle - length / 2, to: middle + length / 2 };
}
