/** The page as a whole: what it shows, its head and its foot. */
import type { Advice } from "brigade/trace";
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { LiveView } from "./live/live.tsx";
import { LiveState } from "./live/state.ts";
import { changeLook, theme } from "./look.ts";
import { openTrace } from "./open/open.ts";
import type { Origin } from "./open/origin.ts";
import type { ProgramRow, Server } from "./open/server.ts";
import type { TraceSource } from "./open/source.ts";
import { help, isTyping } from "./timeline/keys.ts";
import { TimelineState } from "./timeline/state.ts";
import { TimelineView } from "./timeline/timeline.tsx";

type Shown =
  | { readonly is: "opening"; readonly words: string }
  | { readonly is: "timeline"; readonly title: string; readonly state: TimelineState }
  | { readonly is: "live"; readonly state: LiveState }
  | { readonly is: "choice"; readonly programs: readonly ProgramRow[] }
  | { readonly is: "failed"; readonly message: string }
  | { readonly is: "nothing" };

export function App({ origin }: { readonly origin: Origin }): JSX.Element {
  const shown = useSignal<Shown>(origin.kind === "nothing" ? { is: "nothing" } : { is: "opening", words: "Opening…" });
  const isOver = useSignal(false);
  useEffect(() => {
    void begin(origin, shown);
  }, [origin, shown]);
  const drop = (file: File): void => {
    void openFile(file, shown);
  };
  return (
    <div
      class={`app${isOver.value ? " over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => {
        isOver.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) drop(file);
      }}
    >
      <Body shown={shown} origin={origin} onFile={drop} />
    </div>
  );
}

interface BodyProps {
  readonly shown: Signal<Shown>;
  readonly origin: Origin;
  readonly onFile: (file: File) => void;
}

function Body({ shown, origin, onFile }: BodyProps): JSX.Element {
  const { value } = shown;
  switch (value.is) {
    case "timeline":
      return (
        <>
          <Top title={value.title} what="timeline" />
          <TimelineView state={value.state} />
        </>
      );
    case "live":
      return (
        <>
          <Top title={value.state.title.value} what="live" />
          <LiveView state={value.state} />
        </>
      );
    case "opening":
      return (
        <p class="middle" role="status">
          {value.words}
        </p>
      );
    case "choice":
      return <Choice programs={value.programs} onChoice={(id) => live(origin, shown, id)} />;
    case "failed":
      return (
        <div class="middle failed" role="alert">
          <h2>This can't be shown</h2>
          <p>{value.message}</p>
          <OpenButton onFile={onFile} />
        </div>
      );
    case "nothing":
      return (
        <div class="middle drop">
          <h2>Drop a trace here</h2>
          <p>
            <code>brigade run main.ts --trace out.brigade</code> writes one.
          </p>
          <OpenButton onFile={onFile} />
        </div>
      );
  }
}

async function begin(origin: Origin, shown: Signal<Shown>): Promise<void> {
  try {
    if (origin.kind === "trace") {
      const { title, advice, base64 } = origin;
      await show({ kind: "text", name: title, base64 }, title, shown, advice);
    } else if (origin.kind === "server") await fromServer(origin.server, origin, shown);
  } catch (error) {
    shown.value = { is: "failed", message: messageOf(error) };
  }
}

async function fromServer(server: Server, origin: Origin, shown: Signal<Shown>): Promise<void> {
  const about = await server.about();
  if (about.kind === "file") {
    const state = await show(server.trace(about.title), about.title, shown);
    await state.awaitAdvice(server.advice());
  } else if (about.chosen !== undefined) live(origin, shown, about.chosen);
  else shown.value = { is: "choice", programs: about.programs };
}

function live(origin: Origin, shown: Signal<Shown>, program: string): void {
  if (origin.kind === "server")
    shown.value = { is: "live", state: new LiveState(origin.server, program, origin.every) };
}

async function openFile(file: File, shown: Signal<Shown>): Promise<void> {
  try {
    await show({ kind: "file", name: file.name, file }, file.name, shown);
  } catch (error) {
    shown.value = { is: "failed", message: messageOf(error) };
  }
}

async function show(
  source: TraceSource,
  title: string,
  shown: Signal<Shown>,
  advice: readonly Advice[] = [],
): Promise<TimelineState> {
  const opened = await openTrace(source, (words) => {
    shown.value = { is: "opening", words };
  });
  document.title = `${title} · brigade`;
  const state = new TimelineState(opened, advice);
  shown.value = { is: "timeline", title, state };
  return state;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function OpenButton({ onFile }: { readonly onFile: (file: File) => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <p>
      <button type="button" onClick={() => input.current?.click()}>
        Open a file…
      </button>
      <input
        ref={input}
        class="unseen"
        type="file"
        accept=".brigade"
        aria-label="A trace"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file !== undefined) onFile(file);
        }}
      />
    </p>
  );
}

interface ChoiceProps {
  readonly programs: readonly ProgramRow[];
  readonly onChoice: (id: string) => void;
}

function Choice({ programs, onChoice }: ChoiceProps): JSX.Element {
  return (
    <div class="middle">
      <h2>{programs.length === 0 ? "No program can be looked at" : "Which program?"}</h2>
      {programs.length === 0 && (
        <p>
          Start one with <code>BRIGADE_INSPECT=1</code>, or send a running one the signal SIGUSR2; then load this page
          again.
        </p>
      )}
      <ul class="choice">
        {programs.map(({ id, title }) => (
          <li key={id}>
            <button type="button" onClick={() => onChoice(id)}>
              {title} <small>{id}</small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Top({
  title,
  what,
  children,
}: {
  readonly title: string;
  readonly what: "timeline" | "live";
  readonly children?: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "?" && !isTyping(event.target)) dialog.current?.showModal();
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <header class="top">
      <h1>
        {title}
        <small>{what}</small>
      </h1>
      {children}
      <span class="space" />
      <button
        type="button"
        onClick={changeLook}
        aria-label={`Change to ${theme.value === "dark" ? "light" : "dark"} colours`}
      >
        {theme.value === "dark" ? "Light" : "Dark"}
      </button>
      {what === "timeline" && (
        <button type="button" title="Keys (?)" aria-label="Keys" onClick={() => dialog.current?.showModal()}>
          ?
        </button>
      )}
      <dialog ref={dialog} aria-label="Keys">
        <h2>Keys</h2>
        <dl>
          {help.map(([keys, words]) => (
            <Key key={keys} keys={keys} words={words} />
          ))}
        </dl>
        <form method="dialog">
          <button>Close</button>
        </form>
      </dialog>
    </header>
  );
}

function Key({ keys, words }: { readonly keys: string; readonly words: string }): JSX.Element {
  return (
    <>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{words}</dd>
    </>
  );
}
