/** The trace of a run: into a file as it happens, and kept where advice is to be given at the end. */
import type { LoopObserver } from "brigade";
import type { TraceSink } from "brigade/trace";
import { inShell } from "../fetch/resume-command.ts";
import type { RunFileOptions } from "./options.ts";
import type { Runtime } from "./runtime.ts";

const flushEvery = 250; // ms: what a kill leaves unwritten

export class Recording implements Disposable {
  readonly observer: LoopObserver;
  readonly #close: () => void;
  readonly #kept: Uint8Array[];

  private constructor(recorder: LoopObserver & { close(): void }, kept: Uint8Array[]) {
    this.observer = recorder;
    this.#kept = kept;
    this.#close = () => recorder.close();
    process.once("exit", this.#close); // main may call process.exit
  }

  /** Undefined where nothing is to be recorded. A file that can't be written is told on stderr, and the program runs. */
  static async of(options: RunFileOptions, runtime: Runtime): Promise<Recording | undefined> {
    const { file, args, trace, advise } = options;
    if (trace === undefined && !advise) return undefined;
    const { recorder } = await runtime.load("brigade/trace");
    const kept: Uint8Array[] = [];
    const sinks: TraceSink[] = advise ? [(bytes) => kept.push(bytes)] : [];
    if (trace !== undefined) sinks.push((await runtime.load("brigade/instruments")).fileSink(trace));
    const sink: TraceSink = (bytes) => {
      for (const one of sinks) one(bytes);
    };
    return new Recording(recorder({ sink, flushEvery, program: [file, ...args].map(inShell).join(" ") }), kept);
  }

  /** What was recorded, once it is closed. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#kept);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#close);
    this.#close();
  }
}
