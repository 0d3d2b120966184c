/** The public names of "brigade/trace": recording what a program waits for, and reading it back. */
export type { Advice, AdviceKind, AdviceReport, AdviseOptions } from "./advice/advice.ts";
export { adviceReport, advise } from "./advice/advise.ts";
export { replay, type ReplayChanges, type ReplayResult } from "./replay/replay.ts";
export type {
  AwaitPosition,
  IndependentAwaits,
  LimitAnswer,
  LoopAnswer,
  SequentialAnswer,
  SourceReader,
} from "./advice/source.ts";
export { toChromeTrace } from "./export/chrome.ts";
export { type SpanJson, type TaskJson, type TimelineJson, toJson } from "./export/json.ts";
export { type OtelApi, type OtelOptions, toOpenTelemetry } from "./export/otel.ts";
export { type SvgOptions, toSvg } from "./export/svg.ts";
export { TraceError } from "./format/error.ts";
export { readTrace, type Trace } from "./format/reader.ts";
export {
  A_RESOURCE,
  A_TASK,
  ACQUIRED,
  CALLBACK,
  CANCEL,
  CANCELLED,
  CLOCK,
  CREATED,
  DONE,
  ERROR,
  type EventType,
  FRAME,
  GOT,
  LOST,
  NAMED,
  type Place,
  type PlaceFrame,
  PUT,
  RELEASED,
  REPORT,
  type Resource,
  STACK,
  STEP,
  TICKS,
  type TraceMeta,
  VALUE,
  WAITS,
  WOKEN,
} from "./format/schema.ts";
export { type TraceSink, TraceWriter } from "./format/writer.ts";
export { waitCycles } from "./live/cycles.ts";
export { dump, liveCycles, liveTasks, postMortemText } from "./live/live.ts";
export {
  type CallAnswer,
  type CallName,
  type CallParams,
  type CallRequest,
  type Calls,
  type CallValue,
  type DumpEnd,
  type FlightEnd,
  type Hello,
  MOST_REQUEST_BYTES,
  MOST_ROWS,
  PROTOCOL,
  type ResourceRef,
  type Stats,
  type TaskDetail,
  type TaskPage,
  type TaskQuery,
  type TaskRef,
  type TaskRow,
  type TaskSort,
  type TaskState,
  type WaitCycle,
  type WaitsFor,
} from "./live/protocol.ts";
export { timelineOf } from "./timeline/build.ts";
export { READY, RUNNING, type SpanState, type TimelineColumns, WAITING } from "./timeline/columns.ts";
export type { TaskGroup } from "./timeline/groups.ts";
export { cyclesOf, type Moment, stateAt, type TaskAt } from "./timeline/moment.ts";
export { type CriticalPath, criticalPath, type PathSegment } from "./timeline/path.ts";
export { lineOf, placeText, resourceText } from "./timeline/tables.ts";
export { stateName, Timeline, type WaitTarget } from "./timeline/timeline.ts";
export {
  type KindTotal,
  type LongRun,
  type PlaceTotal,
  type Totals,
  type TotalsOptions,
  totals,
  type WaitTotal,
} from "./timeline/totals.ts";
export type { Recorder, RecorderOptions } from "./recorder/options.ts";
export { recorder } from "./recorder/recorder.ts";
export type { Waiting } from "./live/wait-graph.ts";
