/** Opens a trace in a worker of its own, which ends when the trace is there. */
// What the bundler makes of a worker has a default export.
// oxlint-disable-next-line import/default
import TraceWorker from "./worker.ts?worker&inline";
import { type OpenedTrace, unpacked } from "./opened.ts";
import type { TraceSource } from "./source.ts";
import type { Word } from "./worker.ts";

/** What can't be opened, in words for whoever looks at the page. */
class CantOpen extends Error {
  override readonly name: string = "CantOpen";
}

export async function openTrace(source: TraceSource, onStep: (words: string) => void = () => {}): Promise<OpenedTrace> {
  const worker = new TraceWorker();
  try {
    return await new Promise<OpenedTrace>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Word>) => {
        if ("step" in data) onStep(wordsOf(data));
        else if ("parcel" in data) resolve(unpacked(data.parcel));
        else reject(new CantOpen(data.error));
      };
      worker.onerror = (event) => {
        reject(new CantOpen(`the trace can't be read: ${event.message}`));
      };
      worker.postMessage(source, source.kind === "bytes" ? [source.bytes.buffer] : []);
    });
  } finally {
    worker.terminate();
  }
}

function wordsOf({ step, bytes }: Extract<Word, { step: unknown }>): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  return step === "loads" ? "Loading the trace…" : step === "reads" ? `Reading ${size}…` : `Arranging ${size}…`;
}
