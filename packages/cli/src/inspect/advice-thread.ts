/** What a thread of `adviceOn` runs. */
import { type Advice, advise, readTrace } from "brigade/trace";
import { sourceReader } from "../source/reader.ts";

export function adviceFrom(bytes: Uint8Array): readonly Advice[] {
  const trace = readTrace(bytes);
  return advise(trace, { source: sourceReader({ startedAt: trace.meta.startedAt }) });
}
