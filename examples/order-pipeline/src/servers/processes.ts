/** The three servers as processes of their own: up when the body runs, gone when it has ended, however it ended. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AsyncContextManager, contextManager, coroutine, fromPromise, gather, race } from "brigade";
import type { ApiName, Urls } from "../apis.ts";
import type { Listening } from "./serve.ts";

export const serverProcesses: () => AsyncContextManager<Urls> = contextManager(function* () {
  const servers = { pricing: start("pricing"), shipping: start("shipping"), inventory: start("inventory") };
  try {
    yield yield* gather({
      pricing: url("pricing", servers.pricing),
      shipping: url("shipping", servers.shipping),
      inventory: url("inventory", servers.inventory),
    });
  } finally {
    yield* gather(Object.values(servers).map((server) => stop(server)));
  }
});

function start(name: ApiName): ChildProcess {
  // The servers know nothing of the flags that this process was started with.
  return fork(new URL(`${name}.ts`, import.meta.url), { execArgv: [] });
}

const url = coroutine(function* (name: ApiName, server: ChildProcess) {
  const port = yield* race([listening(server), death(name, server)]);
  return new URL(`http://127.0.0.1:${port}/`);
});

const listening = coroutine(function* (server: ChildProcess) {
  const [message]: Listening[] = yield* fromPromise((signal) => once(server, "message", { signal }));
  return message?.port;
});

const death = coroutine(function* (name: ApiName, server: ChildProcess) {
  const [code, signal] = yield* fromPromise((abort) => once(server, "exit", { signal: abort }));
  throw new Error(`The ${name} server ended (${signal ?? `exit code ${code}`}) before it listened on a port.`);
});

const stop = coroutine(function* (server: ChildProcess) {
  const running = server.pid !== undefined && server.exitCode === null && server.signalCode === null;
  if (!running) return;
  server.kill();
  // Comes after "exit", when the IPC channel is closed too.
  yield* fromPromise((signal) => once(server, "close", { signal }));
});
