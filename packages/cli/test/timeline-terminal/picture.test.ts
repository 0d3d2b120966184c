/** The picture in the terminal: bars where the tasks lived, told apart by what they did, and no more lines than there is room for. */
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { timelineText } from "../../src/timeline/show-timeline.ts";
import { type Life, traceOf } from "./traces.ts";

const plain = {
  file: "trace.brigade",
  depth: 1_000,
  rows: 40,
  task: undefined,
  from: undefined,
  to: undefined,
  width: 61,
  colors: false,
  unicode: true,
} as const;

type Options = Partial<
  Omit<typeof plain, "task" | "from" | "to" | "depth" | "rows" | "width" | "colors" | "unicode">
> & {
  readonly depth?: number;
  readonly rows?: number;
  readonly task?: string;
  readonly from?: number;
  readonly to?: number;
  readonly width?: number;
  readonly colors?: boolean;
  readonly unicode?: boolean;
};

function picture(lives: readonly Life[], options: Options = {}): string[] {
  return [...timelineText(traceOf(lives), { ...plain, ...options })];
}

/** The lines of the bars. */
function bars(lives: readonly Life[], options?: Options): string[] {
  return picture(lives, options).filter(
    (line) => /^ *[^ ].*\)$|more$/.test(line) && /[█▓░=#.]|more$/.test(line) && !/^ {2,}\d/.test(line),
  );
}

const main: Life = { name: "main", from: 0, to: 4_000 };

test("each task is a bar where it lived, with how long that was", () => {
  const lives: Life[] = [
    main,
    { coroutine: "users", parent: 1, from: 0, to: 2_000 },
    { coroutine: "orders", parent: 1, from: 2_000, to: 4_000 },
  ];
  expect(bars(lives)).toEqual([
    `main:     ${"█".repeat(42)} (4.0 s)`,
    `  users:  ${"█".repeat(21)} (2.0 s)`,
    `  orders: ${" ".repeat(21)}${"█".repeat(21)} (2.0 s)`,
  ]);
});

test("what ran, waited and was ready is told apart without colours, in Unicode and in ASCII", () => {
  const life: Life[] = [{ name: "main", from: 0, to: 4_000, runs: 1_000, ready: 1_000 }];
  expect(bars(life, { width: 59 })).toEqual([`main: ${"▓".repeat(11)}${"█".repeat(22)}${"░".repeat(11)} (4.0 s)`]);
  const ascii = picture(life, { width: 59, unicode: false });
  expect(ascii).toContain(`main: ${"#".repeat(11)}${"=".repeat(22)}${".".repeat(11)} (4.0 s)`);
  expect(ascii).toContain("= waits   # runs   . is ready");
  // oxlint-disable-next-line eslint/no-control-regex -- what is no ASCII is looked for
  expect(ascii.join("\n")).not.toMatch(/[^\x00-\x7F]/);
});

test("colours are there where they are asked for, and nowhere else", () => {
  expect(picture([main]).join("\n")).not.toContain("\u001b");
  expect(picture([main], { colors: true }).join("\n")).toContain("\u001b[34m");
});

test("up to eight siblings of one kind are rows of their own, more are one row, as is what those make", () => {
  const eight = Array.from({ length: 8 }, (): Life => ({ coroutine: "load", parent: 1, from: 0, to: 100 }));
  expect(bars([main, ...eight]).map((line) => line.slice(0, 9))).toEqual([
    "main:    ",
    ...eight.map((_, index) => `  load #${index + 2}`),
  ]);
  const nine = [...eight, { coroutine: "load", parent: 1, from: 50, to: 200 }];
  const below = nine.map((_, index): Life => ({ coroutine: "parse", parent: index + 2, from: 0, to: 10 }));
  expect(bars([main, ...nine, ...below]).map((line) => line.replace(/█+/, "█"))).toEqual([
    "main:         █ (4.0 s)",
    "  load ×9:    █ (200 ms)",
    "    parse ×9: █ (10 ms)",
  ]);
});

test("names that differ in numbers alone are of one kind", () => {
  const workers = Array.from({ length: 12 }, (_, n): Life => ({ name: `worker-${n}`, parent: 1, from: 0, to: 100 }));
  expect(bars([main, ...workers]).map((line) => line.replace(/ +█+.*/, ""))).toEqual(["main:", "  worker-# ×12:"]);
});

test("a column in which a row does several things shows the one that took most of it", () => {
  // Of every column's 100 ms the task is ready for 60 and waits for 40.
  const lives = Array.from(
    { length: 40 },
    (_, n): Life => ({ name: "a", coroutine: "a", from: n * 100, to: n * 100 + 100, ready: 60 }),
  );
  const [bar] = bars(lives, { width: 59 });
  expect(bar).toMatch(/^a ×40: ░+ \(4\.0 s\)$/);
});

test("where there are more rows than room, those that lived longest are shown, and how many are not", () => {
  const lives = [
    main,
    ...["a", "b", "c", "d"].map((name, n): Life => ({ name, parent: 1, from: 0, to: 100 * (n + 1) })),
  ];
  expect(bars(lives, { rows: 3 }).map((line) => line.replace(/ +█+.*/, ""))).toEqual([
    "main:",
    "  c:",
    "  d:",
    "  … and 2 more",
  ]);
  expect(bars(lives, { depth: 1 }).map((line) => line.replace(/ +█+.*/, ""))).toEqual(["main:", "  … and 4 more"]);
});

test("--task shows the tasks of that name or coroutine, and what they made", () => {
  const lives: Life[] = [
    main,
    { coroutine: "users", parent: 1, from: 0, to: 2_000 },
    { name: "reader", parent: 2, from: 0, to: 1_000 },
    { coroutine: "orders", parent: 1, from: 0, to: 2_000 },
  ];
  const names = (task: string): string[] => bars(lives, { task }).map((line) => line.replace(/:.*/, ""));
  expect(names("users")).toEqual(["users", "  reader"]);
  expect(names("reader")).toEqual(["reader"]);
  expect(() => picture(lives, { task: "nobody" })).toThrow('there is no task "nobody"');
});

test("--from and --to show that part of the time, and who lived in it", () => {
  const lives: Life[] = [
    main,
    { name: "early", parent: 1, from: 0, to: 900 },
    { name: "late", parent: 1, from: 1_500, to: 4_000 },
  ];
  expect(bars(lives, { from: 1_000, to: 2_000 })).toEqual([
    `main:   ${"█".repeat(44)} (4.0 s)`,
    `  late: ${" ".repeat(22)}${"█".repeat(22)} (2.5 s)`,
  ]);
  expect(picture(lives, { from: 1_000, to: 2_000 }).find((line) => /^ +1 s /.test(line))).toMatch(/1\.[25] s/);
  expect(() => picture(lives, { from: 5_000 })).toThrow("--from is after the end of the trace");
});

test("names that are wide, hostile or long keep every line within the screen, and every bar in its column", () => {
  const names = [
    "日本語のタスク",
    "👩‍👩‍👧 family",
    "e\u0301te\u0301",
    "\u001b[31mred\u001b[2J",
    "a\nb\tc",
    "\u202Ereverse",
    "x".repeat(500),
    "長".repeat(200),
  ];
  const lives = [main, ...names.map((name): Life => ({ name, parent: 1, from: 2_000, to: 4_000 }))];
  const lines = picture(lives, { width: 60 });
  for (const line of lines) expect(stringWidth(line)).toBeLessThan(60);
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
  expect(lines.join("")).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E]/);
  const starts = bars(lives, { width: 60 })
    .slice(1)
    .map((line) => stringWidth(line.slice(0, line.indexOf("█"))));
  expect(new Set(starts).size).toBe(1);
});

test("a task that took no time is seen", () => {
  const lives: Life[] = [main, { name: "blink", parent: 1, from: 1_000, to: 1_000 }];
  expect(bars(lives)[1]).toMatch(/^ {2}blink: +[█▓░] \(0 ms\)$/);
});

test("in virtual time, where steps take none, waits are seen as anywhere", () => {
  const lines = timelineText(traceOf([{ ...main, runs: 5 }], { virtual: true }), { ...plain, width: 80 });
  expect(lines[0]).toBe("trace.brigade: shop.ts, 4.0 s of virtual time, 1 task, 2 steps");
  expect(lines).toContain(`main: ${"█".repeat(65)} (4.0 s)`);
});
