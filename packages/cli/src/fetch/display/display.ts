/**
 * Shows how a run goes, on stderr: drawn in place on a terminal, a line every few seconds elsewhere, nothing when asked
 * to be quiet. However the run ends, nothing of the live display is left on the terminal.
 */
import process from "node:process";
import type { WriteStream } from "node:tty";
import { type AsyncContextManager, type Coroutine, contextManager, coroutine, createTask, sleep, wait } from "brigade";
import type { Client } from "brigade/http";
import type { Meter } from "../meter/meter.ts";
import type { FetchOptions } from "../options.ts";
import { hasColors, painter } from "../summary/paint.ts";
import { printable } from "../summary/printable.ts";
import { frame, hostRows, logLine } from "./frame.ts";
import { LiveRegion, type Terminal } from "./live-region.ts";
import { stateOf } from "./state.ts";
import { hasUnicode } from "./unicode.ts";

/** What is shown of a client. */
type Shown = Pick<Client, "hosts">;

const redrawEvery = 100;
const lookEvery = 500;
const lineEvery = 5_000;

export const display: (meter: Meter, client: Shown, options: FetchOptions) => AsyncContextManager<void> =
  contextManager(function* display(meter: Meter, client: Shown, options: FetchOptions) {
    if (options.quiet) {
      yield;
      return;
    }
    // Who reads the display may go away; that is no reason to stop.
    const ignore = (): void => {};
    process.stderr.on("error", ignore);
    const live = isLive(options);
    const task = createTask(live ? drawLive(meter, client, process.stderr) : writeLines(meter, client), {
      name: "display",
    });
    try {
      yield;
    } finally {
      task.cancel();
      yield* wait([task]);
      process.stderr.off("error", ignore);
    }
  });

function isLive(options: FetchOptions): boolean {
  if (!process.stderr.isTTY || process.env["TERM"] === "dumb") return false;
  const linesGoToTheTerminal = options.output === undefined && process.stdout.isTTY;
  return !linesGoToTheTerminal;
}

const drawLive: (meter: Meter, client: Shown, stream: WriteStream) => Coroutine<never> = coroutine(function* drawLive(
  meter: Meter,
  client: Shown,
  stream: WriteStream,
) {
  const region = new LiveRegion(terminalOf(stream));
  const paint = painter(hasColors(stream));
  const unicode = hasUnicode();
  const draw = (): void => {
    const { columns, rows } = sizeOf(stream);
    const state = stateOf(meter, client, hostRows(rows));
    region.draw(frame(state, { columns, rows, paint, unicode }), meter.takeNotices().map(printable));
  };
  const forget = (): void => region.forget();
  stream.on("resize", draw);
  process.on("SIGCONT", forget); // the shell wrote in between
  try {
    for (;;) {
      yield* sleep(redrawEvery);
      draw();
    }
  } finally {
    stream.off("resize", draw);
    process.off("SIGCONT", forget);
    region.clear();
    for (const notice of meter.takeNotices()) stream.write(`${printable(notice)}\n`);
  }
});

const writeLines: (meter: Meter, client: Shown) => Coroutine<never> = coroutine(function* writeLines(
  meter: Meter,
  client: Shown,
) {
  const write = (line: string): boolean => process.stderr.write(`brigade fetch: ${line}\n`);
  let next = meter.elapsed + lineEvery;
  try {
    for (;;) {
      yield* sleep(lookEvery);
      for (const notice of meter.takeNotices()) write(printable(notice));
      if (meter.elapsed < next) continue;
      write(logLine(stateOf(meter, client, 0)));
      next += lineEvery;
    }
  } finally {
    for (const notice of meter.takeNotices()) write(printable(notice));
  }
});

function sizeOf(stream: WriteStream): { readonly columns: number; readonly rows: number } {
  return { columns: stream.columns || 80, rows: stream.rows || 24 };
}

function terminalOf(stream: WriteStream): Terminal {
  return {
    get columns() {
      return sizeOf(stream).columns;
    },
    // xterm and GNU screen cut lines; going up as if they broke them would erase what stands above.
    reflows: process.env["XTERM_VERSION"] === undefined && process.env["STY"] === undefined,
    write: (text) => {
      stream.write(text);
    },
  };
}
