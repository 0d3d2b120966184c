/** What is told when a run has ended, however it ended: the summary, its JSON, the timeline. */
import { writeFile } from "node:fs/promises";
import type { Meter } from "./meter/meter.ts";
import type { FetchOptions } from "./options.ts";
import type { FetchResult } from "./result.ts";
import { unwritable } from "./stop.ts";
import { hasColors } from "./summary/paint.ts";
import { summaryOf } from "./summary/summary.ts";
import { summaryJson } from "./summary/summary-json.ts";
import { summaryText } from "./summary/summary-text.ts";
import { Timeline } from "./timeline/timeline.ts";

export class Ending {
  readonly #options: FetchOptions;
  readonly #timeline: Timeline | undefined;
  #meter: Meter | undefined; // undefined: nothing was begun
  #failedBefore = 0;
  #complete = false;

  constructor(options: FetchOptions) {
    this.#options = options;
    this.#timeline = options.timeline === undefined ? undefined : new Timeline();
  }

  begun(meter: Meter, failedBefore: number): void {
    this.#meter = meter;
    this.#failedBefore = failedBefore;
  }

  record(result: FetchResult): void {
    this.#timeline?.add(result);
  }

  /** Every URL of the input has been dealt with. */
  completed(): void {
    this.#complete = true;
  }

  /** URLs that failed, in earlier runs that this one goes on with too. */
  get failed(): number {
    return this.#failedBefore + (this.#meter?.failed ?? 0);
  }

  /** Throws a FetchStop for a file that can't be written. */
  async tell(): Promise<void> {
    if (this.#meter === undefined) return;
    const { quiet, summaryJson: jsonFile, timeline: timelineFile } = this.#options;
    const summary = summaryOf(this.#meter, { interrupted: !this.#complete });
    if (!quiet) {
      const { columns } = process.stderr;
      process.stderr.write(
        summaryText(summary, { colors: hasColors(process.stderr), ...(columns ? { columns } : {}) }),
      );
    }
    if (jsonFile === "-") process.stdout.write(summaryJson(summary));
    else if (jsonFile !== undefined) await written(jsonFile, summaryJson(summary));
    if (this.#timeline && timelineFile !== undefined) {
      const { timelineHtml } = await import("./timeline/timeline-html.ts");
      await written(timelineFile, timelineHtml(this.#timeline, summary));
    }
  }
}

async function written(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
}
