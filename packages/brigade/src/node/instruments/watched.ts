/** This thread as a program that can be watched: a flight recorder on its loops, and the local socket that answers from it. */
import { arch, platform } from "node:os";
import { performance as hooks } from "node:perf_hooks";
import { threadId } from "node:worker_threads";
import { type Answering, Answers, type Machine } from "../../trace/live/answers.ts";
import { programOf } from "../../trace/live/live.ts";
import { PROTOCOL } from "../../trace/live/protocol.ts";
import type { TraceRecorder } from "../../trace/recorder/trace-recorder.ts";
import { Lag } from "./lag.ts";
import { LocalServer } from "./socket/server.ts";

export class Watched {
  readonly #server: LocalServer;

  /** Throws where there can't be a socket. */
  constructor(recorder: TraceRecorder) {
    const lag = new Lag();
    const answers = new Answers(programOf(recorder), new ThisThread(lag));
    const answer = (request: Readonly<Record<string, unknown>>): Answering => answers.answer(request);
    this.#server = new LocalServer(process.pid, threadId, answer, (watched) => {
      if (watched) lag.start();
      else lag.stop();
    });
  }

  get path(): string {
    return this.#server.path;
  }

  close(): void {
    this.#server.close();
  }
}

class ThisThread implements Machine {
  readonly #lag: Lag;
  readonly #since = Date.now();

  constructor(lag: Lag) {
    this.#lag = lag;
  }

  hello(): ReturnType<Machine["hello"]> {
    return {
      protocol: PROTOCOL,
      pid: process.pid,
      thread: threadId,
      title: commandLine(),
      runtime: runtime(),
      started: Math.round(Date.now() - process.uptime() * 1_000),
      watchedSince: this.#since,
    };
  }

  stats(): ReturnType<Machine["stats"]> {
    const { rss, heapUsed } = process.memoryUsage();
    const { eventLoopUtilization }: Partial<typeof hooks> = hooks; // not every host has it
    return { busy: eventLoopUtilization?.().active ?? 0, lag: this.#lag.take(), memory: rss, heap: heapUsed };
  }
}

/** What was called, without the way to it. */
export function commandLine(): string {
  const [, script = "", ...words] = process.argv;
  return [script.slice(script.lastIndexOf("/") + 1), ...words].join(" ") || process.title;
}

/** "node 26.10.0 on linux x64" */
function runtime(): string {
  const versions: Readonly<Record<string, string | undefined>> = process.versions;
  const name = ["bun", "deno", "node"].find((one) => versions[one] !== undefined) ?? "node";
  return `${name} ${versions[name]} on ${platform()} ${arch()}`;
}
