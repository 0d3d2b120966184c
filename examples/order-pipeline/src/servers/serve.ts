/** One HTTP API on a free loopback port, with a latency and faults of its own. Lives no longer than the process that forked it. */
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { between } from "./chance.ts";

/** What goes wrong with a request: an error status, or an answer that comes after `delay` milliseconds. */
export type Fault = { readonly status: number } | { readonly delay: number };

export interface ApiServer {
  readonly name: string;
  /** The shortest and the longest time that an answer takes, in milliseconds. */
  readonly latency: readonly [shortest: number, longest: number];
  /** Decides by the order and the number of the attempt alone. */
  fault(order: string, attempt: number): Fault | undefined;
  answer(query: URLSearchParams): object;
}

/** What a server tells its parent over IPC once it listens. */
export interface Listening {
  readonly port: number;
}

export function serve(api: ApiServer): void {
  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const order = query.get("order") ?? "";
    const attempt = Number(request.headers["x-attempt"] ?? 1);
    const fault = api.fault(order, attempt);

    const latency = between(...api.latency, api.name, "latency", order, attempt);
    await delay(fault && "delay" in fault ? fault.delay : latency);

    const failed = fault && "status" in fault;
    response.writeHead(failed ? fault.status : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(failed ? { error: `${api.name} is out of order` } : api.answer(query)));
  });

  // The parent's end closes the IPC channel, however it ended. A terminal sends Ctrl-C to every process of the
  // program: a server leaves it to its parent, which still has requests to give up.
  process.on("disconnect", () => process.exit());
  process.on("SIGINT", () => {});

  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address !== null && typeof address === "object") process.send?.({ port: address.port } satisfies Listening);
  });
  if (!process.connected) process.exit();
}
