/** What is selected, in words: the task, its span, what it waits for, who woke it. */
import { type Place, READY, RUNNING, stateName, WAITING } from "brigade/trace";
import type { ComponentChildren, JSX } from "preact";
import { aliveAt } from "../model/folded.ts";
import { holdersOf } from "../model/holders.ts";
import { count, counted, duration, outcomeWords, placeWords, position, resourceWords } from "../words.ts";
import type { TimelineState } from "./state.ts";

const MOST_LISTED = 12;

interface OfState {
  readonly state: TimelineState;
}

export function Details({ state }: OfState): JSX.Element {
  const selected = state.selected.value;
  if (selected === undefined) return <Nothing state={state} />;
  if (selected.key < 0) return <GroupDetails state={state} group={-selected.key} />;
  return (
    <>
      <TaskDetails state={state} task={selected.key} />
      {selected.span >= 0 && <SpanDetails state={state} span={selected.span} />}
    </>
  );
}

function Nothing({ state }: OfState): JSX.Element {
  const { groups } = state.opened;
  return (
    <div class="empty">
      <p>Select a task or a span of it: what it waits for, and who woke it, stands here then.</p>
      {groups.count > 0 && <p>Tasks that run the same coroutine are folded into one lane; double-click unfolds it.</p>}
    </div>
  );
}

export function TaskLink({
  state,
  task,
  span = -1,
}: OfState & { readonly task: number; readonly span?: number }): JSX.Element {
  return (
    <button type="button" class="link" onClick={() => state.goTo(task, span)}>
      {state.opened.timeline.name(task)}
    </button>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function TaskDetails({ state, task }: OfState & { readonly task: number }): JSX.Element {
  const { timeline } = state.opened;
  const parent = timeline.parent[task] as number;
  const created = timeline.created[task] as number;
  const ended = timeline.ended[task] as number;
  const coroutine = timeline.coroutine(task);
  const message = timeline.errorMessage(task);
  const { runs, steps } = ranOf(state, task);
  const children = timeline.children(task).length;
  return (
    <section aria-label="Task">
      <h2>
        {timeline.name(task)}
        {coroutine !== "" && coroutine !== timeline.name(task) && <small>{coroutine}</small>}
      </h2>
      <p class={`outcome outcome-${timeline.outcome[task] ?? 0}`}>
        {outcomeWords(timeline, task)}
        {ended !== Infinity && created !== -Infinity && ` after ${duration(ended - created)}`}
      </p>
      {message !== "" && <p class="message">{message}</p>}
      <dl>
        <Row name="begins">{created === -Infinity ? "before the trace" : duration(created - timeline.start)}</Row>
        <Row name="runs">
          {duration(runs)} in {counted(steps, "step")}
        </Row>
        <Row name="made by">{parent === 0 ? "no task" : <TaskLink state={state} task={parent} />}</Row>
        {children > 0 && <Row name="made">{counted(children, "task")}</Row>}
        <CancelledBy state={state} task={task} />
      </dl>
    </section>
  );
}

function CancelledBy({ state, task }: OfState & { readonly task: number }): JSX.Element | null {
  const { timeline } = state.opened;
  const at = timeline.cancelledAt[task] as number;
  if (Number.isNaN(at)) return null;
  const by = timeline.cancelledBy[task] as number;
  return (
    <Row name="asked to end">
      at {duration(at - timeline.start)} by {by === 0 ? "no task" : <TaskLink state={state} task={by} />}
    </Row>
  );
}

function ranOf({ opened: { timeline } }: TimelineState, task: number): { runs: number; steps: number } {
  const [first, last] = timeline.spansOf(task);
  let runs = 0;
  let steps = 0;
  for (let span = first; span < last; span++) {
    if (timeline.spanState[span] !== RUNNING) continue;
    runs += timeline.ran(span);
    steps += 1;
  }
  return { runs, steps };
}

const headings: Readonly<Record<number, string>> = { [RUNNING]: "runs", [WAITING]: "waits", [READY]: "is ready" };

function SpanDetails({ state, span }: OfState & { readonly span: number }): JSX.Element {
  const { timeline } = state.opened;
  const start = timeline.spanStart[span] as number;
  const end = timeline.spanEnd[span] as number;
  const is = timeline.spanState[span] as number;
  const place = timeline.place(timeline.spanPlace[span] as number);
  const runs = timeline.ran(span);
  const blocks = is === RUNNING && runs >= state.threshold.value;
  return (
    <section aria-label="Span" class={`span span-${stateName(is)}${blocks ? " span-blocks" : ""}`}>
      <h3>
        <i class="swatch" /> {headings[is]} <b>{duration(is === RUNNING ? runs : end - start)}</b>
        {timeline.isOpen(span) && <small>and still does</small>}
      </h3>
      {blocks && <p class="warning">This step blocks the loop: no other task runs meanwhile.</p>}
      {is === READY && <p>It could go on, and waits for its turn on the loop.</p>}
      {is === WAITING && <p class="place">{placeWords(place)}</p>}
      <dl>
        <Row name="from">
          {duration(start - timeline.start)} to {duration(end - timeline.start)}
        </Row>
        {is === WAITING && <WaitsFor state={state} span={span} />}
        <WokenBy state={state} span={span} />
      </dl>
      <Frames place={place} title={is === RUNNING ? "The step ended at" : "Frames"} />
    </section>
  );
}

function WaitsFor({ state, span }: OfState & { readonly span: number }): JSX.Element | null {
  const { timeline } = state.opened;
  const on = timeline.waitsFor(span);
  if (on?.task !== undefined) {
    return (
      <Row name="waits for">
        <TaskLink state={state} task={on.task} />
      </Row>
    );
  }
  if (on?.resource === undefined) return null;
  const resource = timeline.resource(on.resource);
  const holders = holdersOf(timeline, on.resource, timeline.spanStart[span] as number);
  return (
    <>
      <Row name="waits for">
        {resourceWords(resource)}
        {resource.capacity !== undefined && <small> of {count(resource.capacity)}</small>}
      </Row>
      {holders.length > 0 && (
        <Row name="held by">
          <Tasks state={state} tasks={holders} />
        </Row>
      )}
    </>
  );
}

function Tasks({ state, tasks }: OfState & { readonly tasks: readonly number[] }): JSX.Element {
  const shown = tasks.slice(0, MOST_LISTED);
  return (
    <span class="tasks">
      {shown.map((task) => (
        <TaskLink key={task} state={state} task={task} />
      ))}
      {tasks.length > shown.length && <small>and {count(tasks.length - shown.length)} more</small>}
    </span>
  );
}

function WokenBy({ state, span }: OfState & { readonly span: number }): JSX.Element | null {
  const { timeline } = state.opened;
  if (timeline.spanState[span] === WAITING && timeline.isOpen(span)) return null;
  const waker = state.wakerOf(span);
  return (
    <Row name="woken by">
      {waker === undefined ? "a timer or the host" : <TaskLink state={state} task={waker.task} span={waker.span} />}
    </Row>
  );
}

export function Frames({
  place,
  title,
}: {
  readonly place: Pick<Place, "frames" | "exact">;
  readonly title: string;
}): JSX.Element | null {
  if (place.frames.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ol class="frames">
        {place.frames.map((frame, index) => (
          <li key={index}>
            <Frame frame={frame} />
          </li>
        ))}
      </ol>
      {!place.exact && <p class="note">Lines are not known for each wait here: only the coroutines are.</p>}
    </>
  );
}

function Frame({ frame }: { readonly frame: Place["frames"][number] }): JSX.Element {
  const where = position(frame);
  return (
    <>
      <b>{frame.name}</b>
      {where !== undefined && (
        <small title={frame.line === undefined ? frame.file : `${frame.file}:${frame.line}`}>{where}</small>
      )}
    </>
  );
}

function GroupDetails({ state, group }: OfState & { readonly group: number }): JSX.Element {
  const { timeline, groups } = state.opened;
  const members = groups.member.subarray(groups.from[group], groups.from[group + 1]);
  const coroutine = timeline.coroutine(members[0] as number);
  const folded = state.folded.value;
  const row = state.rows.value.key.indexOf(-group);
  const isFolded = state.rows.value.folded[row] === 1;
  const ends = ["running on", "ended", "failed", "cancelled"].map((words, outcome) => {
    const number = members.reduce((sum, task) => sum + (timeline.outcome[task] === outcome ? 1 : 0), 0);
    return number === 0 ? undefined : `${count(number)} ${words}`;
  });
  const { from, to } = state.window.value;
  return (
    <section aria-label="Group">
      <h2>
        {coroutine === "" ? "tasks" : coroutine} <small>× {count(members.length)}</small>
      </h2>
      <p>{ends.filter((words) => words !== undefined).join(", ")}</p>
      <dl>
        {isFolded && <Row name="at most">{counted(folded.most[row] as number, "task")} at once, with those below</Row>}
        {isFolded && <Row name="in the middle">{counted(aliveAt(folded, row, (from + to) / 2), "task")}</Row>}
      </dl>
      <p>
        <button type="button" onClick={() => state.toggle(-group)}>
          {isFolded ? "Unfold" : "Fold"}
        </button>
      </p>
      <Tasks state={state} tasks={[...members.subarray(0, MOST_LISTED * 3)]} />
    </section>
  );
}
