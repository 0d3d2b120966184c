/** The view of a trace: numbers, tools, the strip of the whole, lanes, and beside them details and advice. */
import { TraceError } from "brigade/trace";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { count } from "../words.ts";
import { AdviceList } from "./advice.tsx";
import { Details } from "./details.tsx";
import { pageKey, isTyping } from "./keys.ts";
import { Lanes } from "./lanes.tsx";
import { Overview } from "./overview.tsx";
import type { TimelineState } from "./state.ts";
import { SpanTable } from "./table.tsx";
import { Summary, Tools } from "./toolbar.tsx";

interface OfState {
  readonly state: TimelineState;
}

export function TimelineView({ state }: OfState): JSX.Element {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "/" && !isTyping(event.target)) {
        document.getElementById("search")?.focus();
        event.preventDefault();
      } else if (pageKey(state, event)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
    };
  }, [state]);
  return (
    <div class="timeline">
      <Notice state={state} />
      <Summary state={state} />
      <Tools state={state} />
      <div class="panes">
        <main class="frame">
          <Overview state={state} />
          <Lanes state={state} />
          {state.showsTable.value && <SpanTable state={state} />}
        </main>
        <Side state={state} />
      </div>
      <Said state={state} />
    </div>
  );
}

/** What of the program the trace does not have. */
function Notice({ state }: OfState): JSX.Element | null {
  const { trace } = state.opened.timeline;
  const notes: string[] = [];
  if (trace.end instanceof TraceError) notes.push(`${trace.end.message}: what stands before that is shown.`);
  else if (trace.end === "open")
    notes.push("The program was ended in the middle, or runs still: the trace has no end.");
  if (trace.lost > 0) notes.push(`${count(trace.lost)} events are missing: the recorder kept the last ones only.`);
  if (trace.count === 0) notes.push("There is no event in this trace.");
  return notes.length === 0 ? null : <p class="notice">{notes.join(" ")}</p>;
}

type Tab = "details" | "advice";

function Side({ state }: OfState): JSX.Element {
  const chosen = useSignal<Tab | undefined>(undefined);
  const before = useRef(state.selected.value);
  if (before.current !== state.selected.value) {
    before.current = state.selected.value;
    // A piece of advice that was gone to stays beside its place; whatever else is selected is shown.
    if (state.selected.value !== undefined && !document.activeElement?.closest(".advice")) chosen.value = "details";
  }
  const tab = chosen.value ?? (state.advice.value.length > 0 ? "advice" : "details");
  const tabs = [
    ["details", "Details"],
    ["advice", state.adviceNote.value === "" ? `Advice ${state.advice.value.length}` : "Advice"],
  ] as const;
  return (
    <aside class="side">
      <div class="tabs" role="tablist" aria-label="Beside the timeline">
        {tabs.map(([name, words]) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={tab === name}
            aria-controls="side"
            onClick={() => {
              chosen.value = name;
            }}
          >
            {words}
          </button>
        ))}
      </div>
      <div id="side" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === "details" ? <Details state={state} /> : <AdviceList state={state} />}
      </div>
    </aside>
  );
}

/** Tells those who can't see the lanes what a key has done. */
function Said({ state }: OfState): JSX.Element {
  const { timeline } = state.opened;
  const selected = state.selected.value;
  const name = selected === undefined ? "" : selected.key > 0 ? timeline.name(selected.key) : "a group of tasks";
  return (
    <p id="said" class="unseen" role="status">
      {[name, state.said.value].filter((words) => words !== "").join(", ")}
    </p>
  );
}
