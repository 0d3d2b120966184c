/** What is in view as a table: the lanes for who can't see a picture, or wants the numbers. */
import { RUNNING, stateName, WAITING } from "brigade/trace";
import type { JSX } from "preact";
import { firstAbove } from "../model/track.ts";
import { duration, placeWords, position, resourceWords } from "../words.ts";
import { TaskLink } from "./details.tsx";
import type { TimelineState } from "./state.ts";

const MOST_ROWS = 300;

interface TableRow {
  readonly task: number;
  readonly span: number;
}

export function SpanTable({ state }: { readonly state: TimelineState }): JSX.Element {
  const { timeline } = state.opened;
  const { from, to } = state.range.value ?? state.window.value;
  const { rows, isAll } = spansIn(state, from, to);
  return (
    <div class="table" tabIndex={0} aria-label="Spans in view">
      <table>
        <caption>
          {duration(Math.max(0, from - timeline.start))} to {duration(to - timeline.start)}
          {isAll ? "" : `: the first ${MOST_ROWS} spans`}
          {state.range.value === undefined ? "" : ", as marked"}
        </caption>
        <thead>
          <tr>
            {["Task", "State", "From", "Takes", "Where", "Waits for", "Woken by"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ span }) => (
            <SpanRow key={span} state={state} span={span} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Spans of the rows that are open, from the first row down, each with at least a moment in the window. */
function spansIn(state: TimelineState, from: number, to: number): { rows: TableRow[]; isAll: boolean } {
  const { timeline } = state.opened;
  const { key, count } = state.rows.value;
  const result: TableRow[] = [];
  for (let row = 0; row < count; row++) {
    const task = key[row] as number;
    if (task < 0) continue;
    const [first, last] = timeline.spansOf(task);
    for (let span = firstAbove(timeline.spanEnd, from, first, last); span < last; span++) {
      if ((timeline.spanStart[span] as number) > to) break;
      if (result.length === MOST_ROWS) return { rows: result, isAll: false };
      result.push({ task, span });
    }
  }
  return { rows: result, isAll: true };
}

function SpanRow({ state, span }: { readonly state: TimelineState; readonly span: number }): JSX.Element {
  const { timeline } = state.opened;
  const start = timeline.spanStart[span] as number;
  const end = timeline.spanEnd[span] as number;
  const is = timeline.spanState[span] as number;
  const place = timeline.place(timeline.spanPlace[span] as number);
  const on = is === WAITING ? timeline.waitsFor(span) : undefined;
  const waker = state.wakerOf(span);
  const task = timeline.spanTask[span] as number;
  const line = place.frames.find(({ file }) => file !== undefined);
  return (
    <tr aria-selected={state.selected.value?.span === span}>
      <th scope="row">
        <TaskLink state={state} task={task} span={span} />
      </th>
      <td>
        <i class={`swatch swatch-${stateName(is)}`} /> {stateName(is)}
      </td>
      <td>{duration(start - timeline.start)}</td>
      <td>{duration(is === RUNNING ? timeline.ran(span) : end - start)}</td>
      <td>
        {is === WAITING && placeWords(place)} <small>{line === undefined ? "" : position(line)}</small>
      </td>
      <td>
        {on?.task !== undefined && <TaskLink state={state} task={on.task} />}
        {on?.resource !== undefined && resourceWords(timeline.resource(on.resource))}
      </td>
      <td>{waker !== undefined && <TaskLink state={state} task={waker.task} span={waker.span} />}</td>
    </tr>
  );
}
