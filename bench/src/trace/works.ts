/** The works of traces: what recording costs, how large a trace is, and how soon it is open. */
import type { ProgramWork, Rival, TraceWork, Work } from "../work.ts";

const asIs = (figure: number): number => figure;

const TURNS = 10;

const timed = { kind: "program", figure: "time", process: "kept", module: "trace" } as const;
const own = { ...timed, figure: "own", scale: asIs } as const;

function recorded(name: string, what: string, atMost: number): ProgramWork {
  const unrecorded: Rival = { label: "itself, unrecorded", peer: "brigade", program: "unrecorded", atMost };
  return {
    ...timed,
    name,
    what,
    unit: "ns per switch",
    count: 100_000,
    expected: (count) => count * TURNS,
    scale: (ms, count) => (ms * 1e6) / (count * TURNS),
    rivals: [unrecorded],
  };
}

const TEN_MILLION = 10_000_000;
/** Events of a trace with a million spans. */
const MILLION_SPANS = 2_500_000;

const openWorks: readonly TraceWork[] = [
  {
    kind: "trace-command",
    name: "trace-open-cli",
    what: "`brigade timeline` on a trace of 10,000,000 events, a process from its start to its end",
    unit: "s",
    count: TEN_MILLION,
    quickCount: TEN_MILLION / 10,
    limit: 2,
    rivals: [],
  },
  {
    kind: "trace-page",
    name: "trace-open-page",
    what: "the same trace in the page, from navigation to the first frame that shows it",
    unit: "s",
    count: TEN_MILLION,
    quickCount: TEN_MILLION / 10,
    limit: 3,
    rivals: [],
  },
  {
    kind: "trace-pan",
    name: "pan-frames",
    what: "frames of the page while it pans through 1,000,000 spans",
    unit: "frames/s",
    count: MILLION_SPANS,
    floor: 60,
    rivals: [],
  },
];

export const traceWorks: readonly Work[] = [
  recorded("recorder-flight", "`switch` with a flight recorder of the last 65,536 events", 1.1),
  recorded("recorder-full", "`switch` with a full trace, written to a file", 1.4),
  {
    ...own,
    name: "event-size",
    what: "the full trace of a pipeline of 10,000 orders, on disk",
    unit: "bytes per event",
    count: 10_000,
    limit: 24,
    rivals: [],
  },
  ...openWorks,
  {
    ...own,
    process: "fresh",
    name: "probe",
    what: "frames, with file and line, of 1,000 suspended tasks three coroutines deep",
    unit: "ms",
    count: 1_000,
    limit: 50,
    rivals: [],
  },
  {
    ...own,
    name: "top-100k",
    what: "a page of 50 rows of the task tree of a process with 100,000 live tasks, as `brigade top` asks for it",
    unit: "ms",
    count: 100_000,
    rounds: 3,
    rivals: [{ label: "itself, 1,000 tasks", peer: "brigade", program: "top-1k" }],
  },
  {
    ...own,
    name: "replay",
    what: "advice for the trace of 30,000 orders, about 1,000,000 events",
    unit: "µs per event",
    count: 30_000,
    rounds: 3,
    rivals: [{ label: "itself, a tenth", peer: "brigade", count: 3_000 }],
  },
];
