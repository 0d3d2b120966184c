/** Where the time of a call went. */
import type { Timing } from "../types.ts";
import { type Exchange, NOT_YET } from "./exchange.ts";

/** Of a call whose last exchange this was. Milliseconds on the loop's clock. */
export function timingOf(exchange: Exchange | undefined, waiting: number, called: number, now: number): Timing {
  if (exchange === undefined) return { waiting, connect: 0, response: 0, body: 0, total: now - called };
  const { began, connectedAt, headAt, over, endedAt } = exchange;
  const end = over ? endedAt : now;
  const connected = connectedAt === NOT_YET ? end : connectedAt;
  const headed = headAt === NOT_YET ? end : headAt;
  return { waiting, connect: connected - began, response: headed - connected, body: end - headed, total: end - called };
}
