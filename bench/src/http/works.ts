/** The works over HTTP: 50 requests in flight at once, bodies of 1,024 bytes, all on loopback. */
import type { FetchMemoryWork, Rival, Work } from "../work.ts";
import { BODY_BYTES } from "./body.ts";

const CPU_UNIT = "CPU µs per request";
const ROUND_MS = 3_000;

/** Megabytes by which the resident memory may move. */
const FLAT = 30;
/** The same where V8 makes its young generation larger once, at some moment. The list itself has 300 MB. */
const BOUNDED = 64;

const undici: Rival = { label: "undici", peer: "undici" };

const microseconds = (ms: number, count: number): number => (ms * 1e3) / count;
const perSecond = (ms: number, count: number): number => (count / ms) * 1e3;

const memory = { kind: "fetch-memory", unit: "MB", rounds: 1, server: true, rivals: [] } as const;

const flatMemory: FetchMemoryWork = {
  ...memory,
  limit: FLAT,
  name: "http-fetch-memory",
  what: "how far the resident memory of brigade fetch moves from 100,000 to 2,000,000 URLs on stdin",
  from: 100_000,
  count: 2_000_000,
  quickCount: 300_000,
  distinct: 2_000_000,
};

const longInput: FetchMemoryWork = {
  ...memory,
  limit: BOUNDED,
  name: "http-fetch-stdin",
  what: "the same from 2,000,000 to 10,000,000 URLs, 10,000 different ones, with --dedupe",
  from: 2_000_000,
  count: 10_000_000,
  quickCount: 4_000_000,
  distinct: 10_000,
};

export const httpWorks: readonly Work[] = [
  {
    kind: "program",
    figure: "time",
    process: "kept",
    name: "http-client",
    what: "GET and read the text, by 50 loops",
    unit: "requests/s",
    cpuUnit: CPU_UNIT,
    server: true,
    module: "http",
    count: 20_000,
    expected: (count) => count * BODY_BYTES,
    roundMs: ROUND_MS,
    scale: perSecond,
    cpuScale: microseconds,
    rivals: [
      { ...undici, atLeast: 0.85, cpuAtMost: 1.3 },
      { label: "aiohttp", peer: "aiohttp", module: "http_aiohttp", count: 5_000, atLeast: 4 },
      { label: "httpx", peer: "httpx", module: "http_httpx", count: 1_000, atLeast: 20 },
    ],
  },
  {
    kind: "fetch",
    name: "http-fetch",
    what: "brigade fetch with limits and JSONL, the whole command: 200,000 URLs from a file",
    unit: "URLs/s",
    cpuUnit: CPU_UNIT,
    server: true,
    count: 200_000,
    quickCount: 100_000,
    rounds: 3,
    rivals: [
      { ...undici, atLeast: 0.6, note: "a whole process that reads the same list, and writes nothing" },
      { label: "parallel", peer: "parallel", count: 1_000, atLeast: 10, note: "GNU parallel with 50 jobs of curl" },
    ],
  },
  flatMemory,
  longInput,
  {
    kind: "server",
    name: "http-server",
    what: "serve with a coroutine as its handler, asked by bare undici",
    unit: "requests/s",
    cpuUnit: CPU_UNIT,
    count: 20_000,
    roundMs: ROUND_MS,
    rivals: [
      { label: "node:http", peer: "native" },
      { label: "hono", peer: "hono", note: "bare @hono/node-server" },
    ],
  },
];
