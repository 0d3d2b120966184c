/** The view of a running program: charts, the task tree, one task in full, and the way back in time. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { TimelineView } from "../timeline/timeline.tsx";
import { bytes, count, counted, duration, percent } from "../words.ts";
import { Chart } from "./chart.tsx";
import { Cycles, Detail } from "./detail.tsx";
import type { LiveState } from "./state.ts";
import { TaskTable } from "./task-table.tsx";

interface OfState {
  readonly state: LiveState;
}

export function LiveView({ state }: OfState): JSX.Element {
  const showsTimeline = useSignal(false);
  useEffect(() => {
    state.start();
    return () => {
      state.close();
    };
  }, [state]);
  const flight = state.flight.value;
  if (flight !== undefined && showsTimeline.value) {
    return (
      <>
        <div class="tools">
          <button
            type="button"
            onClick={() => {
              showsTimeline.value = false;
            }}
          >
            Back to the tasks
          </button>
          <small>what the flight recorder held when it was asked</small>
        </div>
        <TimelineView state={flight.timeline} />
      </>
    );
  }
  return (
    <div class="live">
      <HealthNotice state={state} />
      <Charts state={state} />
      <LiveTools
        state={state}
        onTimeline={() => {
          showsTimeline.value = true;
        }}
      />
      <div class="panes">
        <main class="frame">
          <TaskTable state={state} />
        </main>
        <aside class="side">
          <div id="side" tabIndex={0} role="region" aria-label="The task">
            <Cycles state={state} />
            <Detail state={state} />
          </div>
        </aside>
      </div>
    </div>
  );
}

/** Whether what is shown is still so. */
function HealthNotice({ state }: OfState): JSX.Element | null {
  const health = state.health.value;
  if (health.is === "answers" || health.is === "asked") return null;
  const words = {
    busy: () => "The program does not answer: its thread is busy. What stands here is what it said last.",
    ended: () => "The program has ended. What stands here is how it was last.",
    "out of reach": () => (health.is === "out of reach" ? health.why : ""),
  };
  return (
    <p class="notice" role="status">
      {words[health.is]()}
    </p>
  );
}

function Charts({ state }: OfState): JSX.Element {
  const stats = state.stats.value;
  void state.answers.value;
  const { tasks, steps, lag } = state.history.series();
  return (
    <div class="charts">
      <Chart state={state} name="loop lag" value={duration(lag.at(-1) ?? 0)} column="lag" color="--blocked" />
      <Chart state={state} name="steps per second" value={count(steps.at(-1) ?? 0)} column="steps" color="--running" />
      <Chart
        state={state}
        name="tasks"
        value={count(tasks.at(-1) ?? stats?.tasks ?? 0)}
        column="tasks"
        color="--advice"
      />
      {stats !== undefined && (
        <dl class="facts-live">
          <Fact name="waiting">{count(stats.waiting)}</Fact>
          <Fact name="ready">{count(stats.ready)}</Fact>
          <Fact name="ended">{count(stats.ended)}</Fact>
          <Fact name="memory">{bytes(stats.memory)}</Fact>
          <Fact name="busy">{percent(busyShare(state))}</Fact>
        </dl>
      )}
    </div>
  );
}

function busyShare({ stats, hello }: LiveState): number {
  if (stats.value === undefined || hello.value === undefined) return 0;
  return stats.value.busy / Math.max(1, stats.value.at - hello.value.watchedSince);
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function LiveTools({ state, onTimeline }: OfState & { readonly onTimeline: () => void }): JSX.Element {
  return (
    <div class="tools" role="toolbar" aria-label="Tasks">
      <button
        type="button"
        aria-pressed={state.paused.value}
        onClick={() => {
          state.paused.value = !state.paused.value;
          state.refresh();
        }}
      >
        {state.paused.value ? "Go on" : "Pause"}
      </button>
      <Rewind state={state} onTimeline={onTimeline} />
      <span class="space" />
      <label>
        sorted by{" "}
        <select
          value={state.sort.value}
          disabled={state.moment.value !== undefined}
          onChange={({ currentTarget }) => {
            state.sort.value = currentTarget.value as LiveState["sort"]["value"];
            state.refresh();
          }}
        >
          {(["tree", "age", "since", "name"] as const).map((sort) => (
            <option key={sort} value={sort}>
              {{ tree: "task tree", age: "age", since: "time of waiting", name: "name" }[sort]}
            </option>
          ))}
        </select>
      </label>
      <span class="seek">
        <input
          id="search"
          type="search"
          placeholder="Task, coroutine, wait"
          aria-label="Show only tasks with these words"
          value={state.filter.value}
          onInput={({ currentTarget }) => {
            state.filter.value = currentTarget.value;
            state.refresh();
          }}
        />
        <output>{counted(state.rows.value.total, "row")}</output>
      </span>
    </div>
  );
}

/** Back in time, as far as the flight recorder remembers. */
function Rewind({ state, onTimeline }: OfState & { readonly onTimeline: () => void }): JSX.Element {
  const flight = state.flight.value;
  const moment = state.moment.value;
  if (flight === undefined || moment === undefined) {
    return (
      <>
        <button type="button" disabled={state.hello.value === undefined} onClick={() => void state.rewind()}>
          Rewind
        </button>
        <small role="status">{state.rewinding.value}</small>
      </>
    );
  }
  const { start, end } = flight.opened.timeline;
  const ago = end - moment;
  return (
    <span class="rewind">
      <input
        type="range"
        min={start}
        max={end}
        step={(end - start) / 2_000 || 1}
        value={moment}
        aria-label="The moment that is shown"
        aria-valuetext={`${duration(ago)} before`}
        onInput={({ currentTarget }) => {
          state.moment.value = Number(currentTarget.value);
        }}
      />
      <output>−{duration(ago)}</output>
      <button type="button" onClick={onTimeline}>
        Timeline
      </button>
      <button type="button" onClick={() => state.now()}>
        Now
      </button>
    </span>
  );
}
