/** The keys: those of the lanes, and those that work wherever nobody types. */
import type { TimelineState } from "./state.ts";

const ROWS_OF_A_PAGE = 20;

const ofTheLanes: Readonly<Record<string, (state: TimelineState) => void>> = {
  ArrowLeft: (state) => state.pan(-0.15),
  ArrowRight: (state) => state.pan(0.15),
  ArrowUp: (state) => state.stepRow(-1),
  ArrowDown: (state) => state.stepRow(1),
  PageUp: (state) => state.stepRow(-ROWS_OF_A_PAGE),
  PageDown: (state) => state.stepRow(ROWS_OF_A_PAGE),
  Home: (state) => state.stepRow(-Infinity),
  End: (state) => state.stepRow(Infinity),
  Enter: (state) => toggleSelected(state),
  " ": (state) => toggleSelected(state),
};

const everywhere: Readonly<Record<string, (state: TimelineState) => void>> = {
  "+": (state) => state.zoom(1.6),
  "=": (state) => state.zoom(1.6),
  "-": (state) => state.zoom(1 / 1.6),
  "0": (state) => state.fit(),
  f: (state) => state.zoomToSelection(),
  "[": (state) => state.stepSpan(-1),
  "]": (state) => state.stepSpan(1),
  c: (state) => {
    state.showsCritical.value = !state.showsCritical.value;
    state.said.value = state.showsCritical.value ? "the critical path is shown" : "the critical path is hidden";
  },
  b: (state) => state.nextBlocked(),
  w: (state) => state.goToWaker(),
  t: (state) => {
    state.showsTable.value = !state.showsTable.value;
  },
  n: (state) => state.stepFound(1),
  N: (state) => state.stepFound(-1),
  Escape: (state) => {
    state.select(undefined);
    state.range.value = undefined;
  },
};

function toggleSelected(state: TimelineState): void {
  const { value } = state.selected;
  if (value !== undefined) state.toggle(value.key);
}

const isPlain = ({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean => !ctrlKey && !metaKey && !altKey;

/** Whether the key was one of the lanes. */
export function laneKey(state: TimelineState, event: KeyboardEvent): boolean {
  const action = isPlain(event) ? ofTheLanes[event.key] : undefined;
  action?.(state);
  return action !== undefined;
}

/** Whether the key was one that works everywhere. */
export function pageKey(state: TimelineState, event: KeyboardEvent): boolean {
  // An open dialog has its own keys.
  if (!isPlain(event) || isTyping(event.target) || document.querySelector("dialog[open]") !== null) return false;
  const action = everywhere[event.key];
  action?.(state);
  return action !== undefined;
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
  );
}

export const help: readonly (readonly [keys: string, what: string])[] = [
  ["← →", "move in time"],
  ["↑ ↓", "previous or next task"],
  ["+ −", "zoom"],
  ["0", "show everything"],
  ["Enter", "fold or unfold the task"],
  ["[ ]", "previous or next span of the task"],
  ["f", "zoom to what is selected"],
  ["w", "go to who woke it"],
  ["b", "next step that blocks the loop"],
  ["c", "critical path"],
  ["t", "table of what is in view"],
  ["/", "search; n and N go from match to match"],
  ["Esc", "select nothing"],
  ["Shift + drag", "mark a time"],
];
