/** The works of databases, object storage and queues of jobs, each on a real server on loopback; SQLite on a file. */
import type { ProgramWork, Rival, Work } from "../work.ts";
import { ITEMS } from "./items.ts";

/** Megabytes by which the resident memory may grow. */
const FLAT = 30;

const asIs = (figure: number): number => figure;
const perSecond = (ms: number, count: number): number => (count / ms) * 1e3;

/** Programs take the time themselves: connecting is in no figure. */
const own = { kind: "program", figure: "own", process: "kept" } as const;

const postgresJs: Rival = { label: "postgres.js", peer: "postgres" };
const pg: Rival = { label: "pg", peer: "pg" };
const ioredis: Rival = { label: "ioredis", peer: "ioredis" };
const thread: Rival = {
  label: "node:sqlite in a thread",
  peer: "sqlite",
  note: "one message for a query, one for its answer",
};
const onTheLoop: Rival = { label: "node:sqlite on the loop", peer: "sqlite", note: "nothing else runs during a query" };

const selects = { ...own, unit: "queries/s", scale: perSecond } as const;
const rows = { ...own, unit: "rows/s", count: ITEMS, scale: perSecond } as const;
const memory = { ...own, process: "fresh", unit: "MB", count: ITEMS, scale: asIs, limit: FLAT, rounds: 3 } as const;

const databaseWorks: readonly ProgramWork[] = [
  {
    ...selects,
    name: "pg-selects",
    what: "50 coroutines that select one row of PostgreSQL each, again and again",
    module: "postgres",
    place: "postgres",
    count: 20_000,
    rivals: [
      { ...postgresJs, atLeast: 0.9 },
      { ...pg, note: "its pool, statements prepared by name" },
      { label: "itself on pg", peer: "brigade", program: "pg-selects-pg" },
    ],
  },
  {
    ...rows,
    name: "pg-rows",
    what: `${ITEMS.toLocaleString("en")} rows of PostgreSQL as a stream, 500 at a time`,
    module: "postgres",
    place: "postgres",
    rivals: [
      { ...postgresJs, atLeast: 0.8, note: "its cursor" },
      { ...pg, note: "pg-cursor" },
      { label: "itself on pg", peer: "brigade", program: "pg-rows-pg" },
    ],
  },
  {
    ...memory,
    name: "pg-rows-memory",
    what: "growth of the process in the second of two such streams",
    module: "postgres",
    place: "postgres",
    rivals: [postgresJs],
  },
  {
    ...selects,
    name: "redis-gets",
    what: "50 coroutines that get one key of Redis each, again and again",
    module: "redis",
    place: "redis",
    count: 100_000,
    rivals: [
      { ...ioredis, atLeast: 0.9 },
      {
        ...ioredis,
        label: "ioredis, pipelined",
        program: "redis-gets-pipelined",
        note: "enableAutoPipelining, which is not its default",
      },
    ],
  },
  {
    ...selects,
    name: "sqlite-selects",
    what: "50 coroutines that select one row of SQLite each, again and again",
    module: "sqlite",
    place: "sqlite",
    count: 100_000,
    rivals: [
      { ...thread, atLeast: 0.9 },
      { ...onTheLoop, program: "sqlite-selects-on-the-loop" },
    ],
  },
  {
    ...rows,
    name: "sqlite-rows",
    what: `${ITEMS.toLocaleString("en")} rows of SQLite as a stream`,
    module: "sqlite",
    place: "sqlite",
    rivals: [
      { ...thread, atLeast: 0.8, note: "500 rows for a message" },
      { ...onTheLoop, program: "sqlite-rows-on-the-loop" },
    ],
  },
  {
    ...memory,
    name: "sqlite-rows-memory",
    what: "growth of the process in the second of two such streams",
    module: "sqlite",
    place: "sqlite",
    rivals: [],
  },
];

const jobs = { ...own, module: "jobs", unit: "jobs/s", scale: perSecond } as const;

const jobWorks: readonly ProgramWork[] = [
  {
    ...jobs,
    name: "jobs-bullmq",
    what: "jobs that only return, submitted in one go, 50 at a time on the worker's loop, each result awaited",
    place: "redis",
    count: 5_000,
    rivals: [{ label: "bullmq", peer: "bullmq", atLeast: 0.8, note: "addBulk, a Worker, and the event of each end" }],
  },
  {
    ...jobs,
    name: "jobs-pg-boss",
    what: "the same on pg-boss",
    place: "postgres",
    count: 2_000,
    rivals: [{ label: "pg-boss", peer: "pg-boss", note: "insert and work; results are counted where they come about" }],
  },
  {
    ...jobs,
    name: "jobs-local",
    what: "the same in a folder",
    place: "folder",
    count: 1_000,
    rivals: [],
  },
];

const clientS3: Rival = { label: "client-s3", peer: "aws-s3" };

const objects = {
  ...own,
  module: "objects",
  place: "s3",
  unit: "objects/s",
  count: 400,
  scale: perSecond,
  rounds: 3,
  rivals: [clientS3],
} as const;

const storageWorks: readonly ProgramWork[] = [
  { ...objects, name: "s3-put", what: "objects of 64 KB put into an S3 server of the tests, 8 at a time" },
  { ...objects, name: "s3-get", what: "the same objects got, and read to the end" },
];

export const dataWorks: readonly Work[] = [...databaseWorks, ...jobWorks, ...storageWorks];
