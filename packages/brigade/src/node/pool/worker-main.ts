/** What a worker of a pool starts with: loads the pool's module once, and takes calls of its functions. */
import { isMainThread, type MessagePort, workerData } from "node:worker_threads";
import { onTheWire } from "./errors-on-the-wire.ts";
import { DYING, READY, UNLOADABLE } from "./messages.ts";
import { guardAgainstParent } from "./parent-guard.ts";
import { ProcessPort } from "./process-port.ts";
import { Serving } from "./serving.ts";
import { ThreadPort } from "./thread-port.ts";
import type { WorkerPort } from "./worker-port.ts";

/** What a thread is given when it starts. A process has the module's address as its argument. */
export interface ThreadStart {
  readonly port: MessagePort;
  readonly shared: Int32Array;
  readonly module: string;
}

function start(port: WorkerPort, module: string, started: () => void): void {
  process.on("uncaughtExceptionMonitor", (error: unknown) => {
    try {
      port.post([DYING, onTheWire(error, (part) => port.clones(part))]);
    } catch {
      // the pool is gone too
    }
  });
  void load(port, module, started);
}

async function load(port: WorkerPort, module: string, started: () => void): Promise<void> {
  let functions: Readonly<Record<string, unknown>>;
  try {
    functions = (await import(module)) as typeof functions;
  } catch (error) {
    port.post([UNLOADABLE, onTheWire(error, (part) => port.clones(part))]);
    port.listen(() => {}); // until the pool ends this worker, or is gone
    return;
  }
  const serving = new Serving(port, functions);
  port.listen((message) => serving.take(message));
  port.post([READY]);
  started(); // while the first call is on its way
}

if (isMainThread) {
  start(new ProcessPort(), process.argv[2] as string, guardAgainstParent);
} else {
  const { port, shared, module } = workerData as ThreadStart;
  start(new ThreadPort(port, shared), module, () => {});
}
