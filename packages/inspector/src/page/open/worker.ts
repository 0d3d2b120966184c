/** Reads a trace away from the page, which stays live meanwhile. */
import { readTrace } from "brigade/trace";
import { bytesOf, type TraceSource } from "./source.ts";
import { memoryOf, packed, type Parcel, prepared } from "./opened.ts";

/** What the worker says. */
export type Word =
  | { readonly step: "loads" | "reads" | "arranges"; readonly bytes: number }
  | { readonly parcel: Parcel }
  | { readonly error: string; readonly offset: number | undefined };

const say = (word: Word, memory: Transferable[] = []): void => {
  postMessage(word, { transfer: memory });
};

self.onmessage = async ({ data }: MessageEvent<TraceSource>): Promise<void> => {
  try {
    say({ step: "loads", bytes: 0 });
    const bytes = await bytesOf(data);
    say({ step: "reads", bytes: bytes.length });
    const trace = readTrace(bytes, { name: data.name });
    say({ step: "arranges", bytes: bytes.length });
    const parcel = packed(prepared(trace));
    say({ parcel }, memoryOf(parcel));
  } catch (error) {
    const offset = (error as { offset?: unknown }).offset;
    say({
      error: error instanceof Error ? error.message : String(error),
      offset: typeof offset === "number" ? offset : undefined,
    });
  }
};
