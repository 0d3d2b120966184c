/** The names that "brigade", "brigade/testing" and "brigade/node" export, one by one: a name more or less is a decision, not an accident. */
import { readFileSync } from "node:fs";
import * as brigade from "brigade";
import * as node from "brigade/node";
import * as testing from "brigade/testing";
import { expect, test } from "vitest";

const VALUES = [
  "Barrier",
  "BoundedSemaphore",
  "BrokenBarrierError",
  "CancelledError",
  "Condition",
  "ContextVar",
  "DeadlockError",
  "Event",
  "ExceptionGroup",
  "InvalidStateError",
  "LifoQueue",
  "Lock",
  "PriorityQueue",
  "Queue",
  "QueueEmpty",
  "QueueFull",
  "QueueShutDown",
  "Runner",
  "Semaphore",
  "TimeoutError",
  "allTasks",
  "asCompleted",
  "collect",
  "contextManager",
  "copyContext",
  "coroutine",
  "createTask",
  "currentSignal",
  "currentTask",
  "forEach",
  "fromCallback",
  "fromPromise",
  "gather",
  "getRunningLoop",
  "mapStream",
  "milliseconds",
  "moveOnAfter",
  "race",
  "run",
  "shield",
  "sleep",
  "sleepUntil",
  "stream",
  "suppressed",
  "taskGroup",
  "timeout",
  "timeoutAt",
  "toPromise",
  "use",
  "wait",
];

test('"brigade" exports these values and no other', () => {
  expect(Object.keys(brigade).toSorted()).toEqual(VALUES);
});

test('"brigade/testing" exports these values and no other', () => {
  const names = ["ExplorationError", "LeakError", "assertNoLeaks", "explore", "replay", "virtualClock"];
  expect(Object.keys(testing).toSorted()).toEqual(names);
});

const NODE_ERRORS = [
  "BrokenPipeError",
  "CloneError",
  "ExitError",
  "FileError",
  "IncompleteReadError",
  "KillError",
  "LimitOverrunError",
  "OutputLimitError",
  "PoolFullError",
  "SocketClosedError",
  "SocketConnectError",
  "SocketError",
  "SocketListenError",
  "SocketTlsError",
  "SpawnError",
  "WorkerDiedError",
];

const NODE_FUNCTIONS = [
  "append",
  "appendLine",
  "connect",
  "datagrams",
  "exec",
  "listen",
  "pipeline",
  "processPool",
  "readBytes",
  "readChunks",
  "readLines",
  "readText",
  "signals",
  "spawn",
  "startTls",
  "tempDir",
  "threadPool",
  "toThread",
  "transfer",
  "walk",
  "watch",
  "watchBlocking",
  "workerSignal",
  "write",
  "writeAtomic",
];

test('"brigade/node" exports these values and no other', () => {
  expect(Object.keys(node).toSorted()).toEqual([...NODE_ERRORS, ...NODE_FUNCTIONS]);
});

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

/** Names in `export { a, type B } from` and `export type { C } from` lists. */
function exportedByLists(source: string): string[] {
  const lists = [...source.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list]) => list?.split(",") ?? []);
  return lists.map((name) => name.trim().replace(/^type /, "")).filter((name) => name !== "");
}

/** Names in `export class A`, `export function b`, `export interface C` and `export type D`. */
function exportedByDeclaration(source: string): string[] {
  return [...source.matchAll(/^export (?:class|function|interface|type) (\w+)/gm)].map(([, name]) => name ?? "");
}

test('"brigade" exports the types of the contract and no other', () => {
  const contract = read("./contract.d.ts");
  const promised = new Set([...exportedByDeclaration(contract), ...exportedByLists(contract)]);
  const exported = new Set(exportedByLists(read("../../src/index.ts")));
  expect([...exported].toSorted()).toEqual([...promised].toSorted());
});

const NODE_TYPES = [
  "BlockedLoop",
  "ByteReader",
  "ByteWriter",
  "CallArguments",
  "CallName",
  "CallResult",
  "ChunksOptions",
  "ClientTlsOptions",
  "ConnectOptions",
  "Connection",
  "ConnectionHandler",
  "ConnectionOptions",
  "Datagram",
  "DatagramOptions",
  "DatagramSocket",
  "DatagramTarget",
  "Encoding",
  "EntryKind",
  "ExecOptions",
  "ExecResult",
  "ExitStatus",
  "FileChange",
  "FileData",
  "HostAddress",
  "LimitOptions",
  "LinesOptions",
  "ListenHooks",
  "ListenOptions",
  "MapName",
  "MulticastOptions",
  "Path",
  "PipelineResult",
  "Pool",
  "PoolMapOptions",
  "PoolOptions",
  "ProcessOptions",
  "ReadBytesOptions",
  "ReadTextOptions",
  "ResourceLimits",
  "ServerTlsOptions",
  "SocketAddress",
  "SocketAttempt",
  "SocketServer",
  "SpawnOptions",
  "Stage",
  "StageResult",
  "Stdio",
  "StreamItem",
  "StreamName",
  "Subprocess",
  "TcpPlace",
  "TempDirOptions",
  "TextEncoding",
  "TlsState",
  "UnixPlace",
  "UnknownModule",
  "WalkEntry",
  "WalkOptions",
  "WatchBlockingOptions",
  "WatchOptions",
  "Watchdog",
  "WorkerEnding",
  "WriteAtomicOptions",
  "WriteOptions",
];

test('"brigade/node" exports these types and no other', () => {
  const exported = exportedByLists(read("../../src/node/index.ts"));
  const values = new Set(Object.keys(node));
  expect(exported.filter((name) => !values.has(name)).toSorted()).toEqual(NODE_TYPES);
});

test("every class and function that is exported has its own name", () => {
  const all = [...Object.entries(brigade), ...Object.entries(node)];
  for (const [name, value] of all) expect((value as { name: string }).name).toBe(name);
});

test('every error class of "brigade/node" is an Error, those of sockets are SocketErrors, and their instances have its name', () => {
  const { SocketError } = node;
  for (const name of NODE_ERRORS) {
    const made = (node as unknown as Record<string, { readonly prototype: object }>)[name];
    expect(made?.prototype, name).toBeInstanceOf(Error);
    if (/^Socket./.test(name) && name !== "SocketError") expect(made?.prototype, name).toBeInstanceOf(SocketError);
  }
  expect(new SocketError("what happened", "127.0.0.1:80")).toMatchObject({
    name: "SocketError",
    message: "what happened",
  });
  expect(new node.LimitOverrunError("what happened", 7)).toMatchObject({ name: "LimitOverrunError", limit: 7 });
});

test("every error class is an Error with its own name, and an ExceptionGroup has its errors", () => {
  const { CancelledError, DeadlockError, ExceptionGroup, ...others } = brigade;
  const simple = Object.entries(others).filter(([name]) => /Error$|^Queue(Empty|Full|ShutDown)$/.test(name));
  expect(simple.map(([name]) => name).toSorted()).toEqual([
    "BrokenBarrierError",
    "InvalidStateError",
    "QueueEmpty",
    "QueueFull",
    "QueueShutDown",
    "TimeoutError",
  ]);
  for (const [name, value] of simple) {
    const error = new (value as new (message: string) => Error)("what happened");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, message: "what happened" });
  }
  const errors = [new Error("a"), "b"];
  const group = new ExceptionGroup("two", errors);
  expect(group).toBeInstanceOf(AggregateError);
  expect(group).toMatchObject({ name: "ExceptionGroup", message: "two", errors });
  for (const one of [CancelledError, DeadlockError]) expect(one.prototype).toBeInstanceOf(Error);
});
