/** `brigade inspect`: from its options to its exit code. */
import { CancelledError, coroutine, type CoroutineBody, fromPromise, run, use } from "brigade";
import { AttachError } from "../attach/attached.ts";
import { printable } from "../fetch/summary/printable.ts";
import { TraceRefusal } from "../timeline/trace-refusal.ts";
import { openInBrowser } from "./browser.ts";
import { FileSubject } from "./file-subject.ts";
import { listening, PortRefusal } from "./listening.ts";
import type { InspectOptions } from "./options.ts";
import { ProgramsSubject } from "./programs-subject.ts";
import { Refusal, type Subject } from "./subject.ts";

export interface Screen {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Serves the page until it is interrupted, and gives the exit code: 0 then, 1 when the program can't be watched or the port
 * not be had, 2 when the file is no trace.
 */
export async function inspect(options: InspectOptions, screen: Screen): Promise<number> {
  try {
    await run(serving(options, screen), { handleSignals: true, name: "inspect" });
    return 0;
  } catch (error) {
    if (error instanceof CancelledError) return 0; // Ctrl-C is how a server is ended
    if (error instanceof AttachError || error instanceof Refusal || error instanceof PortRefusal)
      return refused(error, screen, 1);
    if (error instanceof TraceRefusal) return refused(error, screen, 2);
    throw error;
  }
}

function refused(error: Error, { err }: Screen, code: number): number {
  err(`brigade inspect: ${printable(error.message)}`);
  return code;
}

const serving = coroutine(function* serving(options: InspectOptions, { out, err }: Screen): CoroutineBody<void> {
  const subject = yield* fromPromise(subjectOf(options));
  yield* use(subject, function* () {
    yield* use(listening(subject, options.port), function* ({ address, forever }) {
      out(`${subject.title}: ${address}`);
      err("Only you can use this address: keep its token to yourself. Ctrl-C ends it.");
      if (options.open) yield* use(openInBrowser(address), forever);
      else yield* forever();
    });
  });
});

async function subjectOf({ subject }: InspectOptions): Promise<Subject> {
  if (subject.kind === "file") return FileSubject.at(subject.path);
  return ProgramsSubject.of(subject.kind === "program" ? subject.target : undefined);
}
