/** One task of a running program in full, and the circles of tasks that wait for each other. */
import type { ComponentChildren, JSX } from "preact";
import { Frames } from "../timeline/details.tsx";
import { count, counted, duration, resourceWords } from "../words.ts";
import type { LiveState } from "./state.ts";

interface OfState {
  readonly state: LiveState;
}

/** Tasks that wait for one another in a circle: no time will help them. */
export function Cycles({ state }: OfState): JSX.Element {
  return (
    <>
      {state.cycles.value.map((cycle) => (
        <section key={cycle.text} class="cycle" role="alert">
          <h3>Tasks that wait for each other</h3>
          <p>{cycle.text}</p>
          {cycle.others > 0 && <p>{counted(cycle.others, "more task")} can't be woken either.</p>}
        </section>
      ))}
    </>
  );
}

export function Detail({ state }: OfState): JSX.Element {
  const detail = state.detail.value;
  const row = state.rows.value.rows.find(({ key }) => key === state.selected.value);
  if (row === undefined)
    return <p class="empty">Select a task: where it waits, what it holds, and who waits for it, stands here then.</p>;
  const isNow = state.moment.value === undefined && detail !== undefined && row.count === 1;
  return (
    <section>
      <h2>
        {row.name}
        {row.count > 1 && <small>× {count(row.count)}</small>}
        {row.root !== row.name && <small>{row.root}</small>}
      </h2>
      <p class="outcome">
        <i class={`swatch swatch-${row.state}`} /> {row.state}
        {row.since !== undefined && ` for ${duration(row.since)}`}
        {row.cancelling && ", asked to end"}
      </p>
      {row.waits !== "" && <p class="place">{row.waits}</p>}
      <dl>
        {row.on !== undefined && (
          <Line name="waits for">
            <Other state={state} task={row.on.key} name={row.on.name} />
          </Line>
        )}
        {row.holds !== "" && <Line name="holds">{row.holds}</Line>}
        {isNow && detail.parent !== undefined && (
          <Line name="made by">
            <Other state={state} task={`t${detail.parent.task}`} name={detail.parent.name} />
          </Line>
        )}
        {isNow && detail.heldBy.length > 0 && (
          <Line name="held by">
            <Others state={state} tasks={detail.heldBy} />
          </Line>
        )}
        {isNow && detail.blocks.length > 0 && (
          <Line name="waited for by">
            <Others state={state} tasks={detail.blocks} />
          </Line>
        )}
        {isNow && detail.waitsFor?.resource !== undefined && (
          <Line name="resource">{resourceWords(detail.waitsFor.resource)}</Line>
        )}
      </dl>
      <Frames place={{ frames: isNow ? detail.frames : row.frames, exact: true }} title="Frames" />
    </section>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

type Ref = { readonly task: number; readonly name: string };

function Others({ state, tasks }: OfState & { readonly tasks: readonly Ref[] }): JSX.Element {
  return (
    <span class="tasks">
      {tasks.slice(0, 20).map(({ task, name }) => (
        <Other key={task} state={state} task={`t${task}`} name={name} />
      ))}
      {tasks.length > 20 && <small>and {count(tasks.length - 20)} more</small>}
    </span>
  );
}

function Other({ state, task, name }: OfState & { readonly task: string; readonly name: string }): JSX.Element {
  return (
    <button type="button" class="link" onClick={() => state.select(task)}>
      {name}
    </button>
  );
}
