/** The works outside the thread of the loop: pools, files, sockets, commands, and the watchdog. All sockets are on loopback. */
import type { EchoWork, ProgramWork, Rival, Work } from "../work.ts";
import { LOADS } from "./ferry.ts";
import { WORKERS } from "./pool-runs.ts";

/** Megabytes by which the resident memory may move. */
const FLAT = 30;

const GIGABYTE = 1_000_000_000;

const piscina: Rival = { label: "piscina", peer: "piscina" };
const tinypool: Rival = { label: "tinypool", peer: "tinypool" };

const asIs = (figure: number): number => figure;
const microseconds = (ms: number, count: number): number => (ms * 1e3) / count;
const perSecond = (ms: number, count: number): number => (count / ms) * 1e3;
const megabytesPerSecond = (ms: number, bytes: number): number => bytes / 1e3 / ms;

/** A pool starts anew in each round: its start is in no figure, so the programs take the time themselves. */
const pooled = { kind: "program", figure: "own", process: "kept", module: "pool" } as const;

const timed = { kind: "program", figure: "time", process: "kept" } as const;

const calls = { ...pooled, unit: "µs per call", scale: microseconds } as const;

const poolWorks: readonly ProgramWork[] = [
  {
    ...calls,
    name: "pool-thread-sequential",
    what: "20,000 calls of a function in a thread, one after another",
    count: 20_000,
    rivals: [{ ...piscina, atMost: 1.1 }, tinypool],
  },
  {
    ...calls,
    name: "pool-thread-in-flight",
    what: `20,000 calls, 4 in flight, ${WORKERS} threads`,
    count: 20_000,
    rivals: [{ ...piscina, atMost: 1.1 }, tinypool],
  },
  {
    ...calls,
    name: "pool-process-sequential",
    what: "10,000 calls of a function in a process, one after another",
    count: 10_000,
    rivals: [{ ...tinypool, atMost: 1.1 }],
  },
  {
    ...calls,
    name: "pool-process-in-flight",
    what: `10,000 calls, 4 in flight, ${WORKERS} processes`,
    count: 10_000,
    rivals: [{ ...tinypool, atMost: 1.1 }],
  },
];

function twoCores(kind: "threads" | "processes", other: Rival): ProgramWork {
  const name = `two-cores-${kind}`;
  return {
    ...pooled,
    name,
    what: `jobs for a processor alone, 2 at once in ${kind}`,
    unit: "jobs/s",
    count: 16,
    scale: perSecond,
    rivals: [{ label: "itself, one at a time", peer: "brigade", program: `${name}-one`, atLeast: 1.8 }, other],
  };
}

const transferWorks: readonly ProgramWork[] = [
  {
    ...pooled,
    module: "transfer",
    name: "transfer-time",
    what: "10 MB to a thread and back, transferred both ways",
    unit: "ms per round trip",
    count: 100,
    scale: (ms, count) => ms / count,
    rivals: [
      { label: "itself, copied", peer: "brigade", program: "transfer-time-copied", atMost: 0.05 },
      { ...piscina, module: "pool", note: "moved both ways, too" },
    ],
  },
  {
    ...pooled,
    module: "transfer",
    name: "transfer-memory",
    what: `growth of the process after 10 MB were sent to a thread, which keeps them; the mean of ${LOADS} times`,
    unit: "MB",
    count: LOADS,
    scale: (megabytes, count) => megabytes / count,
    process: "fresh",
    limit: 1,
    rivals: [{ label: "itself, copied", peer: "brigade", program: "transfer-memory-copied" }],
  },
];

const readline: Rival = { label: "readline", peer: "native", note: "for await over readline over a stream" };

const lineWorks: readonly ProgramWork[] = [
  {
    ...timed,
    name: "read-lines-speed",
    what: "a file of 1 GB read by lines of 100 characters",
    unit: "MB/s",
    module: "lines",
    count: GIGABYTE,
    quickCount: GIGABYTE / 5,
    lines: true,
    expected: asIs,
    scale: megabytesPerSecond,
    rounds: 3,
    rivals: [
      { ...readline, atLeast: 0.9 },
      { label: "readline's event", peer: "native", program: "read-lines-event", atLeast: 0.9 },
    ],
  },
  {
    kind: "program",
    figure: "own",
    process: "fresh",
    name: "read-lines-memory",
    what: "how far the resident memory moves from 100 MB to the end of that file",
    unit: "MB",
    module: "lines",
    count: GIGABYTE,
    quickCount: GIGABYTE / 5,
    lines: true,
    scale: asIs,
    rounds: 3,
    limit: FLAT,
    rivals: [readline],
  },
];

const echo = { kind: "echo", connections: 10_000, rounds: 3 } as const;
const net: Rival = { label: "node:net", peer: "native" };
const streams: Rival = { label: "asyncio", peer: "asyncio", note: "asyncio.start_server and its streams" };

const echoWorks: readonly EchoWork[] = [
  {
    ...echo,
    figure: "requests",
    name: "echo-requests",
    what: "an echo server with 10,000 connections, each with 64 bytes under way",
    unit: "requests/s",
    cpuUnit: "CPU µs per request",
    rivals: [{ ...net, atLeast: 0.8 }, streams],
  },
  {
    ...echo,
    figure: "resident",
    name: "echo-memory",
    what: "resident memory of the server for each of 10,000 connections that have been used",
    unit: "kB per connection",
    rivals: [net, streams],
  },
];

const watchdogWorks: readonly ProgramWork[] = [
  {
    ...timed,
    figure: "own",
    name: "watchdog-cost",
    what: "time of a busy loop of switches under a watchdog over its time without one, by turns in one process",
    unit: "times",
    module: "watchdog",
    count: 20,
    quickCount: 10,
    scale: asIs,
    limit: 1.01,
    rivals: [],
  },
  {
    ...timed,
    figure: "own",
    name: "watchdog-delay",
    what: "from the beginning of a block of 300 ms until the report that names its line was written",
    unit: "ms",
    module: "watchdog",
    count: 1,
    scale: asIs,
    limit: 150,
    rivals: [],
  },
];

export const nodeWorks: readonly Work[] = [
  ...poolWorks,
  twoCores("threads", piscina),
  twoCores("processes", tinypool),
  ...transferWorks,
  ...lineWorks,
  ...echoWorks,
  {
    ...timed,
    name: "exec",
    what: "the command true, 100 times, one after another",
    unit: "ms per command",
    module: "exec",
    count: 100,
    expected: asIs,
    scale: (ms, count) => ms / count,
    rivals: [
      { label: "execFile", peer: "native", note: "execFile of node:child_process" },
      { label: "execa", peer: "execa" },
    ],
  },
  ...watchdogWorks,
];
