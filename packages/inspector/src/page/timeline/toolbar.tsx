/** Search, zoom, and what is shown. */
import { RUNNING, type Timeline } from "brigade/trace";
import type { JSX } from "preact";
import { count, duration, percent } from "../words.ts";
import type { TimelineState } from "./state.ts";

interface OfState {
  readonly state: TimelineState;
}

function Search({ state }: OfState): JSX.Element {
  const tasks = state.found.value;
  const at = state.foundAt.value;
  const words = state.query.value === "" ? "" : `${at < 0 ? "" : `${count(at + 1)} of `}${count(tasks.length)}`;
  return (
    <span class="seek" role="search">
      <input
        id="search"
        type="search"
        placeholder="Task, coroutine, line"
        aria-label="Search tasks, coroutines, waits and lines"
        autocomplete="off"
        value={state.query.value}
        onInput={({ currentTarget }) => {
          state.query.value = currentTarget.value;
          state.foundAt.value = -1;
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") state.stepFound(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape") leaveSearch(state, event.currentTarget);
        }}
      />
      <output for="search">{words}</output>
    </span>
  );
}

function leaveSearch(state: TimelineState, input: HTMLInputElement): void {
  if (input.value !== "") state.query.value = "";
  else document.getElementById("lanes")?.focus();
}

const thresholds = [1, 5, 10, 20, 50, 100, 200, 500, 1_000];

export function Tools({ state }: OfState): JSX.Element {
  return (
    <div class="tools" role="toolbar" aria-label="Timeline">
      <Legend />
      <label class="threshold">
        <i class="swatch swatch-blocked" />
        blocks, from
        <select
          aria-label="From how long on a step counts as blocking"
          value={String(state.threshold.value)}
          onChange={({ currentTarget }) => {
            state.threshold.value = Number(currentTarget.value);
          }}
        >
          {thresholds.map((value) => (
            <option key={value} value={String(value)}>
              {duration(value)}
            </option>
          ))}
        </select>
      </label>
      <span class="space" />
      <Search state={state} />
      <span class="buttons">
        <Toggle
          label="Critical path"
          keys="c"
          isOn={state.showsCritical.value}
          onToggle={(isOn) => {
            state.showsCritical.value = isOn;
          }}
        />
        <Toggle
          label="Table"
          keys="t"
          isOn={state.showsTable.value}
          onToggle={(isOn) => {
            state.showsTable.value = isOn;
          }}
        />
      </span>
      <span class="buttons">
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => state.zoom(1 / 1.6)}>
          −
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => state.zoom(1.6)}>
          +
        </button>
        <button type="button" title="Show everything (0)" onClick={() => state.fit()}>
          Fit
        </button>
      </span>
    </div>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly keys: string;
  readonly isOn: boolean;
  readonly onToggle: (isOn: boolean) => void;
}

function Toggle({ label, keys, isOn, onToggle }: ToggleProps): JSX.Element {
  return (
    <button type="button" aria-pressed={isOn} title={`${label} (${keys})`} onClick={() => onToggle(!isOn)}>
      {label}
    </button>
  );
}

function Legend(): JSX.Element {
  const states = [
    ["running", "runs"],
    ["waiting", "waits"],
    ["ready", "ready, not yet run"],
  ] as const;
  return (
    <ul class="legend">
      {states.map(([state, words]) => (
        <li key={state}>
          <i class={`swatch swatch-${state}`} />
          {words}
        </li>
      ))}
    </ul>
  );
}

export function Summary({ state }: OfState): JSX.Element {
  const { timeline, steps } = state.opened;
  const length = timeline.end - timeline.start;
  const busy = busyOf(timeline, steps.start, steps.end);
  const slow = state.advice.value.reduce((most, { saving }) => Math.max(most, saving), 0);
  return (
    <dl class="numbers">
      <Figure name={timeline.virtual ? "virtual time" : "wall time"} value={duration(length)} />
      <Figure name="tasks" value={count(timeline.taskCount)} />
      <Figure name="steps" value={count(steps.start.length)} />
      <Figure name="loop busy" value={timeline.virtual ? duration(busy) : percent(length > 0 ? busy / length : 0)} />
      <Figure name="events" value={count(timeline.trace.count)} />
      {slow > 0 && <Figure name="advice saves" value={`up to ${duration(slow)}`} />}
    </dl>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** How long steps ran. By a virtual clock they take no time on the axis: then the real time counts. */
function busyOf(timeline: Timeline, start: Float64Array, end: Float64Array): number {
  let busy = 0;
  if (!timeline.virtual) {
    for (let i = 0; i < start.length; i++) busy += (end[i] as number) - (start[i] as number);
    return busy;
  }
  for (let span = 0; span < timeline.spanCount; span++) {
    if (timeline.spanState[span] === RUNNING) busy += timeline.ran(span);
  }
  return busy;
}
