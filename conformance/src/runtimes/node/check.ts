/** A check of brigade/node: a coroutine, and what it gives on every runtime. */
import { type Awaitable, type Coroutine, type CoroutineBody, coroutine } from "brigade";
import { describeHost } from "../host.ts";

export interface Check {
  readonly claim: string;
  readonly sees: () => Awaitable<unknown>;
  readonly expected: unknown;
}

/** "node", "deno" or "bun". */
export const host: string = describeHost().split(" ")[0] ?? "";

/** The name of the error that the work ends with. */
export const failureOf: (work: () => Awaitable<unknown>) => Coroutine<string> = coroutine(function* failureOf(
  work: () => Awaitable<unknown>,
): CoroutineBody<string> {
  try {
    yield* work();
    return "none";
  } catch (error) {
    return error instanceof Error ? error.name : `no error: ${String(error)}`;
  }
});
