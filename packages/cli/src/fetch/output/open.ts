/** Opens what a run writes to, after checking that nothing of value is lost: an earlier output is gone on with, replaced, or left alone. */
import { stat, unlink } from "node:fs/promises";
import { basename } from "node:path";
import { type Recovery, recover } from "../journal/recovery.ts";
import type { FetchOptions } from "../options.ts";
import { codeOf, FetchStop, unwritable } from "../stop.ts";
import { warcInfo } from "../warc/exchange.ts";
import { Bodies } from "./bodies.ts";
import { OutputLock } from "./lock.ts";
import type { Sinks } from "./output.ts";
import { type Sink, sinkOfFile, sinkOfStdout } from "./sink.ts";

export interface Outputs {
  readonly sinks: Sinks;
  readonly bodies: Bodies | undefined;
  /** undefined: this run begins from nothing. */
  readonly recovery: Recovery | undefined;
}

/** Everything that is open, so that it can be closed however far opening came. */
export class Opened {
  readonly #closing: (() => Promise<void>)[] = [];

  /** What has to be done at the end; the last first. */
  finally(close: () => Promise<void>): void {
    this.#closing.push(close);
  }

  /** Does all of it; throws the first error. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closing.toReversed()) {
      await close().catch((error: unknown) => {
        errors.push(error);
      });
    }
    if (errors.length > 0) throw errors[0];
  }
}

export function isGzipped(path: string): boolean {
  return path.endsWith(".gz");
}

export async function openOutputs(
  options: FetchOptions,
  software: string,
  opened: Opened,
  signal: AbortSignal,
): Promise<Outputs> {
  const { output, warc, outputDir } = options;
  for (const path of [output, warc]) if (path !== undefined) await lock(path, opened);
  const lines = output === undefined ? await sinkOfStdout() : await sinkOfFile(output);
  opened.finally(() => lines.close());
  const archive = warc === undefined ? undefined : await sinkOfFile(warc);
  if (archive) opened.finally(() => archive.close());
  for (const sink of [lines, archive]) if (sink) refuseToSpoil(sink, options);
  const bodies = outputDir === undefined ? undefined : new Bodies(outputDir);
  await bodies?.open();
  if (bodies) opened.finally(() => bodies.close());

  const resumed = options.resume && output !== undefined ? await resume(output, options, opened, signal) : undefined;
  if (!resumed && output !== undefined) await forget(journalOf(output));
  await lines.truncate(resumed?.recovery.outputEnd ?? 0);
  await archive?.truncate(resumed?.recovery.warcEnd ?? 0);
  if (warc !== undefined && archive?.size === 0) {
    await archive.write(await warcInfo(software, isGzipped(warc), basename(warc)));
  }
  return { sinks: { lines, warc: archive, journal: resumed?.journal }, bodies, recovery: resumed?.recovery };
}

function journalOf(output: string): string {
  return `${output}.journal`;
}

/** Two runs at once would write over each other. A pipe or a device is for everybody. */
async function lock(path: string, opened: Opened): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there && !there.isFile()) return;
  const held = await OutputLock.take(path);
  opened.finally(() => held.release());
}

function refuseToSpoil(sink: Sink, options: FetchOptions): void {
  if (options.resume && !sink.regular) {
    throw new FetchStop(`--resume needs files that stay, and ${sink.name} is none: give the name of a file`);
  }
  if (options.resume || options.overwrite || sink.size === 0) return;
  throw new FetchStop(
    `${sink.name} is there already: give --resume to go on with it, --overwrite to replace it, or another name`,
  );
}

async function resume(
  output: string,
  options: FetchOptions,
  opened: Opened,
  signal: AbortSignal,
): Promise<{ journal: Sink; recovery: Recovery }> {
  const journal = await sinkOfFile(journalOf(output));
  opened.finally(() => journal.close());
  return { journal, recovery: await recover(output, options, journal, signal) };
}

/** A journal of an earlier run says nothing of this one. */
async function forget(journal: string): Promise<void> {
  await unlink(journal).catch((error: unknown) => {
    if (codeOf(error) !== "ENOENT") throw unwritable(journal, error);
  });
}
