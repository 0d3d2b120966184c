/** Servers on real sockets, in real time unless told otherwise, which must leave nothing behind: no task, timer, permit or socket. */
import { type Awaitable, type CoroutineBody, coroutine, fromPromise, type Report, type RunOptions, use } from "brigade";
import { type Handler, serve, type ServeOptions, type Server } from "brigade/http";
import { assertNoLeaks } from "brigade/testing";
import { expect } from "vitest";
import { eventually } from "../nothing-left.ts";

/** Sockets and servers that keep this process alive. */
function held(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Pipe|Connect/i.test(kind));
}

export type Program<T> = (server: Server) => CoroutineBody<T>;

/** Runs the program beside a server. Gives what was reported, too. */
export async function reportedBy<T>(
  handler: Handler,
  options: ServeOptions,
  program: Program<T>,
  runOptions: RunOptions = {},
): Promise<{ readonly value: T; readonly reports: readonly Report[] }> {
  const before = held().length;
  const reports: Report[] = [];
  const value = await assertNoLeaks(() => use(serve(handler, options), coroutine(program)), {
    clock: { now: () => performance.now() }, // what a socket does takes real time
    onReport: (report) => reports.push(report),
    ...runOptions,
  });
  await eventually(() => expect(held().length, held().join()).toBeLessThanOrEqual(before));
  return { value, reports };
}

/** Runs the program beside a server. Fails when anything is reported. */
export async function served<T>(
  handler: Handler,
  options: ServeOptions,
  program: Program<T>,
  runOptions: RunOptions = {},
): Promise<T> {
  const { value, reports } = await reportedBy(handler, options, program, runOptions);
  expect(reports.map(({ message, error }) => `${message}: ${String(error)}`)).toEqual([]);
  return value;
}

/** Waits until the claim holds. */
export function until(claim: () => void): Awaitable<void> {
  return fromPromise(eventually(claim));
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One request on a connection of its own, by the host's fetch. */
export function answerOf(server: Server, path = "/", init: RequestInit = {}): Awaitable<Answer> {
  return fromPromise(async (signal) => {
    const headers = { connection: "close", ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(server.url + path, { signal, ...init, headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  });
}
