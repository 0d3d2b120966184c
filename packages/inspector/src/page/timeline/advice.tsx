/** What to change, and what that would save; each piece leads to its place in the lanes. */
import type { Advice } from "brigade/trace";
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { duration, position } from "../words.ts";
import type { TimelineState } from "./state.ts";

export function AdviceList({ state }: { readonly state: TimelineState }): JSX.Element {
  const advice = state.advice.value;
  if (advice.length === 0) {
    const note = state.adviceNote.value;
    return (
      <p class="empty">
        {note === "" ? "No advice: nothing was found whose change would save a worthwhile part of the time." : note}
      </p>
    );
  }
  return (
    <ol class="advice">
      {advice.map((one, index) => (
        <li key={index}>
          <AdviceItem state={state} advice={one} index={index} />
        </li>
      ))}
    </ol>
  );
}

interface OfAdvice {
  readonly state: TimelineState;
  readonly advice: Advice;
  readonly index: number;
}

function AdviceItem({ state, advice, index }: OfAdvice): JSX.Element {
  const where = position(advice);
  const spot = state.spots.value.find((one) => one.advice === index);
  return (
    <article>
      <h3>
        <span class="badge">{index + 1}</span>
        {advice.title}
      </h3>
      <p class="facts">
        {advice.saving > 0 && <b>saves {duration(advice.saving)}</b>}
        {where !== undefined && <span title={advice.file}>{where}</span>}
        {spot !== undefined && (
          <button
            type="button"
            class="link"
            onClick={() => {
              state.goTo(spot.task, spot.span);
              state.zoomToSelection();
            }}
          >
            show where
          </button>
        )}
      </p>
      {advice.code !== undefined && <Code text={advice.code} />}
      {advice.details.length > 0 && (
        <details>
          <summary>More</summary>
          {advice.details.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </details>
      )}
    </article>
  );
}

function Code({ text }: { readonly text: string }): JSX.Element {
  const copied = useSignal("Copy");
  return (
    <div class="code">
      <pre tabIndex={0}>{withoutMargin(text)}</pre>
      <button type="button" onClick={() => void copy(text, copied)}>
        {copied.value}
      </button>
    </div>
  );
}

/** The lines as they stand in the file, without what they are all indented by. */
function withoutMargin(text: string): string {
  const lines = text.split("\n");
  const margins = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const margin = Math.min(...margins);
  return lines.map((line) => line.slice(margin)).join("\n");
}

async function copy(text: string, label: Signal<string>): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    label.value = "Copied";
  } catch {
    label.value = "Select it, and copy"; // a page from a disk may not reach the clipboard
  }
}
