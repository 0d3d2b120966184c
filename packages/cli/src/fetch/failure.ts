/** Errors as lines tell them: a class to count by, a message to read, a code of the system. */
import { isHTTPError } from "brigade/http";
import type { FetchFailure } from "./result.ts";
import { codeOf } from "./stop.ts";

/** The method and the URL that messages of the client begin with: the line has them already. */
const prefix = /^[A-Z]+ \S+: /;

export function failureOf(error: unknown): FetchFailure {
  if (!(error instanceof Error)) return { class: "Error", message: String(error), code: undefined };
  const message = isHTTPError(error) ? error.message.replace(prefix, "") : error.message;
  return { class: error.name, message, code: codeOf(error) };
}

/** A response that says of itself that it failed. */
export function statusFailure(status: number, statusText: string): FetchFailure | undefined {
  if (status < 400) return undefined;
  return { class: "HTTPStatusError", message: `${status} ${statusText}`.trimEnd(), code: undefined };
}

/** Whether something failed for want of a file descriptor, which others may give back. */
export function lacksDescriptor(code: string | undefined): boolean {
  return code === "EMFILE" || code === "ENFILE";
}
