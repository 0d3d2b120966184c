/** Pictures of programs that nobody runs. */
import type { Hello, Stats, TaskQuery, TaskRow } from "brigade/trace";
import { type Picture, TopState } from "../../src/top/state.ts";

const hello: Hello = {
  protocol: 1,
  pid: 1234,
  thread: 0,
  title: "main.ts --port 80",
  runtime: "node 26.1.0 on linux x64",
  started: 1_000_000,
  watchedSince: 1_000_000,
  flightEvents: 65_536,
};

export function stats(changes: Partial<Stats> = {}): Stats {
  return {
    at: 2_000_000,
    loops: 1,
    tasks: 1_234,
    waiting: 1_230,
    ready: 3,
    running: 1,
    steps: 1_000,
    created: 2_000,
    ended: 766,
    busy: 500,
    lag: 1.25,
    lost: 0,
    memory: 90e6,
    heap: 45e6,
    ...changes,
  };
}

export function row(task: number, changes: Partial<TaskRow> = {}): TaskRow {
  return {
    key: `t${task}`,
    task,
    count: 1,
    depth: 0,
    children: 0,
    open: true,
    name: `Task-${task}`,
    root: "worker",
    state: "waiting",
    cancelling: false,
    age: 61_000,
    since: 1_250,
    waitsFor: { kind: "sleep", label: "5 ms" },
    holds: [],
    frames: [
      { name: "inner", file: "/app/src/inner.ts", line: 12, column: 3 },
      { name: "worker", file: "/app/src/worker.ts", line: 34, column: 5 },
    ],
    ...changes,
  };
}

/** As the program would answer. */
export function pictureOf(
  rows: readonly TaskRow[],
  { offset = 0, limit = 100 }: TaskQuery,
  changes: Partial<Picture> = {},
): Picture {
  const shown = rows.slice(offset, offset + limit);
  return {
    stats: stats(),
    page: { at: 2_000_000, tasks: rows.length, total: rows.length, offset, rows: shown },
    cycles: [],
    ...changes,
  };
}

export function stateOf(rows: readonly TaskRow[], changes: Partial<Picture> = {}, room = 10): TopState {
  const state = new TopState("process 1234", hello);
  state.room = room;
  state.show(pictureOf(rows, state.query, changes));
  return state;
}
