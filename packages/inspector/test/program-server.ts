/** A program that is watched, as the page sees it: what `brigade inspect` would answer for it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CallRequest, Hello, Stats, TaskDetail, TaskPage, TaskRow, WaitCycle } from "brigade/trace";
import { pageHtml } from "../src/index.ts";

export interface Program {
  title: string;
  tasks: number;
  /** What is served as the flight recorder. */
  flight: Uint8Array;
  cycles: readonly WaitCycle[];
  name(task: number): string;
  /** "ended": it is gone; "busy": it never answers. */
  health: "well" | "ended" | "busy";
}

const frames = [{ name: "handle", file: "/app/src/server.ts", line: 42, column: 7 }];

export class ProgramServer {
  readonly program: Program;
  readonly #server: Server;
  /** How often it was asked what. */
  readonly asked: Map<string, number> = new Map();
  readonly queries: string[] = [];

  private constructor(program: Program) {
    this.program = program;
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async start(program: Partial<Program> = {}): Promise<ProgramServer> {
    const server = new ProgramServer({
      title: "server.ts",
      tasks: 3,
      flight: new Uint8Array(),
      cycles: [],
      name: (task) => `request-${task}`,
      health: "well",
      ...program,
    });
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", this.url);
    if (pathname === "/") return void response.setHeader("content-type", "text/html").end(pageHtml());
    if (request.headers.authorization !== "Bearer secret")
      return void response.writeHead(401).end("the token is wrong");
    if (pathname === "/api/about") {
      return void response.end(JSON.stringify({ kind: "programs", programs: [], chosen: "77" }));
    }
    if (pathname === "/api/advice") return void response.end("[]");
    if (pathname === "/api/trace") return void response.end(this.program.flight);
    let text = "";
    for await (const part of request.setEncoding("utf8")) text += String(part);
    const call = JSON.parse(text) as CallRequest;
    this.asked.set(call.call, (this.asked.get(call.call) ?? 0) + 1);
    if (call.call === "tasks") this.queries.push(text);
    if (this.program.health === "ended") return void response.writeHead(410).end("process 77 has ended");
    if (this.program.health === "busy") return;
    response.end(`${JSON.stringify({ id: 0, value: this.#value(call) })}\n`);
  }

  #value(call: CallRequest): unknown {
    const { program } = this;
    if (call.call === "hello") {
      const runtime = { protocol: 1, pid: 77, thread: 0, title: program.title, runtime: "node 26.0.0" };
      return { ...runtime, started: 0, watchedSince: Date.now() - 10_000, flightEvents: 65_536 } satisfies Hello;
    }
    if (call.call === "stats") return this.#stats();
    if (call.call === "cycles") return program.cycles;
    if (call.call === "task") {
      const { task = 0 } = call as { task?: number };
      return { ...this.#row(task), heldBy: [{ task: 2, name: program.name(2) }], blocks: [] } satisfies TaskDetail;
    }
    const { offset = 0, limit = 100 } = call as { offset?: number; limit?: number };
    const count = Math.max(0, Math.min(limit, program.tasks - offset));
    const rows = Array.from({ length: count }, (_, index) => this.#row(offset + index + 1));
    return { at: Date.now(), tasks: program.tasks, total: program.tasks, offset, rows } satisfies TaskPage;
  }

  #stats(): Stats {
    const asked = this.asked.get("stats") ?? 0;
    const counts = { tasks: this.program.tasks, waiting: this.program.tasks, ready: 0, running: 0 };
    const sums = { steps: asked * 120, created: asked, ended: asked, busy: asked * 10 };
    return { at: Date.now() + asked, loops: 1, ...counts, ...sums, lag: asked % 7, lost: 0, memory: 5e7, heap: 2e7 };
  }

  #row(task: number): TaskRow {
    return {
      key: `t${task}`,
      task,
      count: 1,
      depth: task === 1 ? 0 : 1,
      children: task === 1 ? this.program.tasks - 1 : 0,
      open: true,
      name: this.program.name(task),
      root: "handle",
      state: "waiting",
      cancelling: false,
      age: 1_000 * task,
      since: 10 * task,
      waitsFor: { kind: "Lock.acquire", label: "db", resource: { resource: 1, kind: "Lock", name: "db" } },
      holds: [],
      frames,
    };
  }
}
