/** Traces of programs that never ran. */
import {
  CLOCK,
  CREATED,
  DONE,
  NAMED,
  type Place,
  readTrace,
  STEP,
  TICKS,
  type Trace,
  TraceWriter,
  VALUE,
  WOKEN,
} from "brigade/trace";

export interface Life {
  readonly name?: string;
  readonly coroutine?: string;
  /** Rows count from 1; 0 makes a root. */
  readonly parent?: number;
  readonly from: number;
  readonly to: number;
  /** The first step runs so long. */
  readonly runs?: number;
  /** Ready so long before the end. */
  readonly ready?: number;
  readonly place?: Partial<Place>;
}

const program = "shop.ts";

/** Each task runs at first, waits, is ready perhaps, and ends. Bytes of a whole file, unless it is `cut`. */
export function traceBytes(
  lives: readonly Life[],
  { virtual = false, open = false }: { readonly virtual?: boolean; readonly open?: boolean } = {},
): Uint8Array {
  const chunks: Uint8Array[] = [];
  const writer = new TraceWriter((bytes) => chunks.push(bytes), { startedAt: 0, program });
  writer.event(CLOCK, 0, 0, virtual ? 1 : 0, 0);
  const events: [time: number, write: () => void][] = [];
  for (const [index, life] of lives.entries()) {
    const { name, coroutine = "work", parent = 0, from, to, runs = 0, ready = 0, place } = life;
    const id = index + 1;
    const waits = writer.place({ kind: "sleep", frames: [], exact: true, ...place });
    events.push([
      from,
      () => {
        writer.event(CREATED, from, id, parent, writer.string(coroutine));
        writer.event(NAMED, from, id, name === undefined ? 0 : writer.string(name), id);
        writer.event(STEP, from, id, runs * TICKS, waits);
      },
    ]);
    events.push([
      to - ready,
      () => {
        writer.event(WOKEN, to - ready, id, 0, 0);
        writer.event(DONE, to, id, VALUE, 0);
        writer.event(STEP, to, id, 0, 0);
      },
    ]);
  }
  for (const [, write] of events.sort(([a], [b]) => a - b)) write();
  if (open) writer.flush();
  else writer.close();
  return Buffer.concat(chunks);
}

export function traceOf(lives: readonly Life[], options?: Parameters<typeof traceBytes>[1]): Trace {
  return readTrace(traceBytes(lives, options));
}
