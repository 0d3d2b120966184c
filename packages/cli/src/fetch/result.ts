/** How one URL ended: what becomes one line of the output. */
import type { Timing } from "brigade/http";

export interface FetchFailure {
  /** The error's class: `ConnectTimeout`, `HTTPStatusError`, … */
  readonly class: string;
  readonly message: string;
  readonly code: string | undefined;
}

export interface FetchResult {
  /** The place in the input, 0 for the first. */
  readonly index: number;
  readonly url: string;
  /** `host:port`, as limits count it. */
  readonly host: string;
  /** Where redirects led; undefined without any. */
  readonly finalUrl: string | undefined;
  /** undefined: no response. */
  readonly status: number | undefined;
  /** undefined: it succeeded, with a status below 400. */
  readonly error: FetchFailure | undefined;
  readonly attempts: number;
  readonly timing: Timing;
  /** When it began, in milliseconds since the run began. */
  readonly began: number;
  readonly bytes: number;
  readonly contentType: string | undefined;
  /** `sha256:…` of the body; undefined without one. */
  readonly digest: string | undefined;
}
