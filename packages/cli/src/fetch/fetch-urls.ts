/** `brigade fetch`: from its options to its exit code. */
import { CancelledError, ExceptionGroup, run } from "brigade";
import { Ending } from "./ending.ts";
import type { FetchOptions } from "./options.ts";
import { resumeAdvice } from "./resume-command.ts";
import { program } from "./program.ts";
import { FetchStop, ReaderGone } from "./stop.ts";
import { printable } from "./summary/printable.ts";

const interrupted = 130; // 128 and the number of SIGINT, as shells have it

/**
 * Fetches every URL and gives the exit code: 0 when all succeeded, 1 when some failed, 2 when it could not run or write,
 * 130 when it was interrupted by SIGINT or SIGTERM. A second signal ends the process at once.
 */
export async function fetchUrls(options: FetchOptions): Promise<number> {
  const ending = new Ending(options);
  try {
    await run(program(options, ending), { handleSignals: true, name: "fetch" });
  } catch (error) {
    return failed(reasonOf(error), options, ending);
  }
  await ending.tell();
  return ending.failed > 0 ? 1 : 0;
}

async function failed(reason: unknown, options: FetchOptions, ending: Ending): Promise<number> {
  if (reason instanceof ReaderGone) return reason.exitCode;
  if (reason instanceof CancelledError) {
    await ending.tell();
    console.error(`brigade fetch: interrupted. ${resumeAdvice(options)}`);
    return interrupted;
  }
  if (!(reason instanceof FetchStop)) throw reason;
  await ending.tell().catch(() => {}); // why it stopped is what matters
  console.error(`brigade fetch: ${printable(reason.message)}`);
  return reason.exitCode;
}

/** Of several errors at once, the one to tell. */
function reasonOf(error: unknown): unknown {
  if (!(error instanceof ExceptionGroup)) return error;
  const errors = error.errors.map(reasonOf);
  return errors.find((one) => one instanceof FetchStop) ?? errors[0];
}
