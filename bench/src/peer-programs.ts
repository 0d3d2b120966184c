/** The programs of the JavaScript peers. Each file is imported when it is asked for, so that a process holds one peer alone. */
import type { Program, Programs } from "./program.ts";

type Import = () => Promise<{ readonly programs: Programs }>;

const files: Readonly<Record<string, Readonly<Record<string, Import>>>> = {
  brigade: {
    tasks: () => import("./peers/brigade/tasks.ts"),
    calls: () => import("./peers/brigade/calls.ts"),
    sync: () => import("./peers/brigade/sync.ts"),
    "async-tree": () => import("./peers/brigade/async-tree.ts"),
    "async-generators": () => import("./peers/brigade/async-generators.ts"),
    memory: () => import("./peers/brigade/memory.ts"),
    "host-timer": () => import("./peers/brigade/host-timer.ts"),
    explore: () => import("./peers/brigade/explore.ts"),
    http: () => import("./peers/brigade/http.ts"),
    pool: () => import("./peers/brigade/pool.ts"),
    transfer: () => import("./peers/brigade/transfer.ts"),
    lines: () => import("./peers/brigade/lines.ts"),
    exec: () => import("./peers/brigade/exec.ts"),
    watchdog: () => import("./peers/brigade/watchdog.ts"),
    trace: () => import("./peers/brigade/trace.ts"),
    postgres: () => import("./peers/brigade/postgres.ts"),
    redis: () => import("./peers/brigade/redis.ts"),
    sqlite: () => import("./peers/brigade/sqlite.ts"),
    jobs: () => import("./peers/brigade/jobs.ts"),
    objects: () => import("./peers/brigade/objects.ts"),
  },
  native: {
    tasks: () => import("./peers/native/tasks.ts"),
    calls: () => import("./peers/native/calls.ts"),
    sync: () => import("./peers/native/sync.ts"),
    "async-tree": () => import("./peers/native/async-tree.ts"),
    "async-generators": () => import("./peers/native/async-generators.ts"),
    memory: () => import("./peers/native/memory.ts"),
    lines: () => import("./peers/native/lines.ts"),
    exec: () => import("./peers/native/exec.ts"),
  },
  piscina: {
    pool: () => import("./peers/piscina/pool.ts"),
  },
  tinypool: {
    pool: () => import("./peers/tinypool/pool.ts"),
  },
  execa: {
    exec: () => import("./peers/execa/exec.ts"),
  },
  postgres: {
    postgres: () => import("./peers/postgres/data.ts"),
  },
  pg: {
    postgres: () => import("./peers/pg/data.ts"),
  },
  ioredis: {
    redis: () => import("./peers/ioredis/data.ts"),
  },
  sqlite: {
    sqlite: () => import("./peers/sqlite/data.ts"),
  },
  bullmq: {
    jobs: () => import("./peers/bullmq/jobs.ts"),
  },
  "pg-boss": {
    jobs: () => import("./peers/pg-boss/jobs.ts"),
  },
  "aws-s3": {
    objects: () => import("./peers/aws-s3/objects.ts"),
  },
  undici: {
    http: () => import("./peers/undici/http.ts"),
  },
  effect: {
    tasks: () => import("./peers/effect/tasks.ts"),
    calls: () => import("./peers/effect/calls.ts"),
    sync: () => import("./peers/effect/sync.ts"),
    "async-tree": () => import("./peers/effect/async-tree.ts"),
    "async-generators": () => import("./peers/effect/async-generators.ts"),
    memory: () => import("./peers/effect/memory.ts"),
  },
  effection: {
    tasks: () => import("./peers/effection/tasks.ts"),
    calls: () => import("./peers/effection/calls.ts"),
    "async-tree": () => import("./peers/effection/async-tree.ts"),
    memory: () => import("./peers/effection/memory.ts"),
  },
};

export async function loadProgram(peer: string, module: string, name: string): Promise<Program> {
  const load = files[peer]?.[module];
  if (load === undefined) throw new Error(`The peer "${peer}" has no file of programs "${module}".`);
  const program = (await load()).programs[name];
  if (program === undefined) throw new Error(`peers/${peer}/${module}.ts has no program "${name}".`);
  return program;
}
