/** The picture fits the terminal whatever stands in it, and says what it is meant to say. */
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { painter } from "../../src/fetch/summary/paint.ts";
import { frame, plainFrame, rowsThatFit, type Screen } from "../../src/top/frame.ts";
import { row, stateOf, stats } from "./pictures.ts";

const now = 1_200_000;
const screen: Screen = { columns: 120, rows: 24, paint: painter(false), unicode: true };

const rows = [
  row(1, { name: "main", children: 3 }),
  row(2, {
    name: "A",
    depth: 1,
    state: "ready",
    waitsFor: { kind: "Lock.acquire", resource: { resource: 3, kind: "Lock", name: "db" } },
  }),
  row(3, {
    key: "g1:x",
    name: "Task-*",
    depth: 1,
    count: 1_200,
    children: 1_200,
    open: false,
    waitsFor: { kind: "task", on: { task: 2, name: "A" } },
  }),
];

test("the first lines tell of the program, the rows of its tasks, the last of the selected one and of the keys", () => {
  const state = stateOf(rows);
  state.show({ ...state.picture, stats: stats({ at: 2_001_000, steps: 13_345, created: 2_230, busy: 840 }) } as never);
  expect(frame(state, screen, now)).toEqual([
    "process 1234  main.ts --port 80  node 26.1.0 on linux x64  up 3 min 20 s",
    "1,234 tasks  1,230 wait  4 ready  12,345/s steps  230/s made  lag 1.3 ms  34 % busy  heap 45 MB",
    "",
    "TASK                            STATE       SINCE        AGE  WAITS FOR                      AT",
    ">▾ main                         waiting    1.25 s  1 min 1 s  sleep 5 ms                     inner.ts:12 inner",
    "    A                           ready      1.25 s  1 min 1 s  Lock.acquire `db`              inner.ts:12 inner",
    '  ▸ Task-* ×1,200               waiting    1.25 s  1 min 1 s  task "A"                       inner.ts:12 inner',
    ...Array.from({ length: 10 }, () => ""),
    "main: number 1, made of worker",
    "  at inner (/app/src/inner.ts:12:3)",
    "  at worker (/app/src/worker.ts:34:5)",
    "",
    "",
    "",
    "↑↓ move  enter fold  / filter  s sort  p pause  q quit  1 of 3",
  ]);
});

test("a circle stands above the rows, and so do filter, order and pause", () => {
  const text = "A holds lock `db` and waits for `db`";
  const state = stateOf(rows, { cycles: [{ tasks: [], text, stuck: [], others: 0 }] });
  state.paused = true;
  state.sort = "since";
  state.filter = "x";
  expect(frame(state, { ...screen, columns: 200 }, now)[2]).toBe(
    `paused  by how long they have waited  filter: x  waits-for cycle: ${text}`,
  );
});

test("a program that does not answer is said to be busy, and its last picture stays; so does that of one that has ended", () => {
  const state = stateOf(rows);
  state.contact = { state: "busy", since: now - 3_000 };
  const lines = frame(state, screen, now);
  expect(lines[1]).toBe("busy for 3 s: its thread runs something and does not answer");
  expect(lines[4]).toMatch(/^>▾ main/);
  state.contact = { state: "ended" };
  expect(frame(state, screen, now)[1]).toMatch(/^it has ended/);
});

test("what a task holds, and how many look alike, is told of the selected one", () => {
  const state = stateOf([
    row(7, { name: "B", holds: [{ resource: 1, kind: "Lock", name: "cache" }] }),
    rows[2] as never,
  ]);
  expect(frame(state, screen, now).join("\n")).toContain("B: number 7, made of worker, holds Lock `cache`");
  state.moveTo(1);
  expect(frame(state, screen, now).join("\n")).toContain(
    "Task-*: 1,200 tasks that look alike; the first is 3, made of worker",
  );
});

/** What would move the cursor, or turn the direction of writing round. */
function unprintable(text: string): string[] {
  return Array.from(text).filter((character) => /\p{Cc}|\u202E/u.test(character));
}

describe("the terminal's size", () => {
  const hostile = [
    row(1, { name: "名前".repeat(40), depth: 30, children: 1 }),
    row(2, {
      name: "\u001B[2J\u0007<b>x</b>\n\u202Etxt",
      root: "\u001B]0;title\u0007",
      waitsFor: { kind: "k", label: "\u001B[31m".repeat(9) },
    }),
    row(3, { frames: [{ name: "f\r\n".repeat(50) }], cancelling: true }),
    row(4, { frames: [], holds: [{ resource: 1, kind: "Lock" }] }),
  ];
  const sizes = [20, 40, 60, 80, 100, 133, 250].flatMap((columns) =>
    [5, 10, 24, 60].map((lines) => [columns, lines] as const),
  );

  test.for(sizes)("%i columns and %i lines are enough for every line", ([columns, lines]) => {
    for (const colors of [false, true]) {
      for (const unicode of [false, true]) {
        const state = stateOf(
          hostile,
          { cycles: [{ tasks: [], text: "\u001B[2J".repeat(30), stuck: [], others: 0 }] },
          rowsThatFit(lines),
        );
        for (let at = 0; at < hostile.length; at++) {
          state.moveTo(at);
          const drawn = frame(state, { columns, rows: lines, paint: painter(colors), unicode }, now);
          expect(drawn.length).toBeLessThanOrEqual(lines);
          for (const line of drawn) {
            const plain = stripVTControlCharacters(line);
            expect(stringWidth(plain), line).toBeLessThanOrEqual(columns);
            expect(unprintable(plain)).toEqual([]);
            for (const rest of line.split("\u001B").slice(1)) expect(rest).toMatch(/^\[\d+m/); // colours alone
          }
        }
      }
    }
  });

  test("the name of a task that is deep in the tree is seen", () => {
    const state = stateOf([row(1, { name: "deepest", depth: 300 })]);
    expect(frame(state, { ...screen, columns: 80 }, now)[4]).toContain("deepest");
  });

  test("a terminal of 80 columns shows name, state, since, what is waited for, and where", () => {
    const [, , , titles] = frame(stateOf(rows), { ...screen, columns: 80 }, now);
    expect(titles).toMatch(/^TASK +STATE +SINCE +WAITS FOR +AT$/);
  });
});

test("without a terminal there is no cursor, no help and no blank line, and what is left out is counted", () => {
  const state = stateOf(rows);
  const { page } = state.picture as { page: { total: number } };
  page.total = 2_003;
  const lines = plainFrame(state, { ...screen, rows: Infinity }, now);
  expect(lines.slice(3, 5)).toEqual([expect.stringMatching(/^TASK/), expect.stringMatching(/^▾ main/)]);
  expect(lines.at(-1)).toBe("and 2,000 more rows");
});
