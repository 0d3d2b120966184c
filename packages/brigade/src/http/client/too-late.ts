/** What took too long, as the error that says so. */
import {
  AttemptTimeout,
  BodyUnavailableError,
  ConnectTimeout,
  ReadTimeout,
  TotalTimeout,
  WriteTimeout,
} from "../errors.ts";
import type { RequestInfo } from "../types.ts";

/** Bounds of the parts of an exchange, in milliseconds. */
export interface Bounds {
  readonly connect: number;
  readonly write: number;
  readonly read: number;
  readonly attempt: number;
  readonly total: number;
}

/** How far an exchange is. */
export type Phase =
  | "connecting"
  | "sending" // connected, and the body is not sent
  | "waiting" // for the head
  | "body"
  | "over";

const STAGES: Readonly<Record<Phase | "unread", string>> = {
  connecting: "it was connecting",
  sending: "it was sending the request",
  waiting: "it was waiting for the answer",
  body: "it was reading the body",
  unread: "the body was there and not read",
  over: "it was over",
};

/** `phase` is "unread" when the transport is paused. `totally`: the whole call is late; `wholly`: the attempt. */
export function tooLate(
  request: RequestInfo,
  { connect, write, read, attempt, total }: Bounds,
  phase: Phase | "unread",
  totally: boolean,
  wholly: boolean,
): Error {
  const stage = STAGES[phase];
  if (totally) return new TotalTimeout(`not done within ${total} ms (timeouts.total); ${stage}`, request);
  if (wholly)
    return new AttemptTimeout(`the attempt was not done within ${attempt} ms (timeouts.attempt); ${stage}`, request);
  if (phase === "connecting")
    return new ConnectTimeout(`no connection within ${connect} ms (timeouts.connect)`, request);
  if (phase === "sending")
    return new WriteTimeout(`the server took nothing of the body for ${write} ms (timeouts.write)`, request);
  if (phase === "unread") {
    const advice = "read it, or close the response";
    const why = `nobody read the body for ${read} ms (timeouts.read), so it was given up: ${advice}`;
    return new BodyUnavailableError(why, request);
  }
  const missing = phase === "waiting" ? "no answer" : "nothing more of the body";
  return new ReadTimeout(`${missing} came for ${read} ms (timeouts.read)`, request);
}
