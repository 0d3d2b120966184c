/** The picture: well-formed, the same size however long the trace is, and free of what names could bring in. */
import { CLOCK, ERROR, toSvg, type SvgOptions, type Trace } from "brigade/trace";
import { expect, test } from "vitest";
import { Script } from "../timeline/written.ts";

function drawn(trace: Trace, options: SvgOptions = {}): string {
  const svg = [...toSvg(trace, options)].join("");
  expectToBeWellFormed(svg);
  return svg;
}

/** Tags are closed in the order in which they were opened, attributes are quoted, and every `&` begins an entity. */
function expectToBeWellFormed(svg: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<&]*")*)(\/?)>/gy;
  let at = 0;
  while (at < svg.length) {
    const next = svg.indexOf("<", at);
    const text = svg.slice(at, next < 0 ? undefined : next);
    expect(text).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/);
    if (next < 0) break;
    tag.lastIndex = next;
    const found = tag.exec(svg);
    expect(found, svg.slice(next, next + 80)).not.toBeNull();
    const [whole, closing, name, , empty] = found as unknown as [string, string, string, string, string];
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
    at = next + whole.length;
  }
  expect(open).toEqual([]);
}

/** The bars of a row: their class, and where they are in pixels from the first. */
function bars(svg: string, row: number): [string, number, number][] {
  const y = 62 + row * 18 + 2;
  const found = svg.matchAll(/<rect class="(\w+)" x="(\d+)" y="(\d+)" width="(\d+)"/g);
  return [...found]
    .filter(([, , , at]) => Number(at) === y)
    .map(([, state, x, , width]) => [state as string, Number(x) - left, Number(width)]);
}

function labels(svg: string): string[] {
  return [...svg.matchAll(/<text class="label(?: failed)?"[^>]*>([^<]*)</g)].map(([, text]) => text as string);
}

// Beside short labels, a pixel for each millisecond of the traces here.
const left = 80;
const pixels = 868;
const width = left + pixels + 12;

test("each task is a row, in the order of the tree, with a bar for what it did", () => {
  const script = new Script()
    .created(0, 1, 0, "main", "main")
    .created(0, 2, 1, "f", "first")
    .created(0, 3, 1, "f", "second");
  script.created(0, 4, 2, "g", "below");
  const svg = drawn(script.step(0, 217, 1, "sleep").woken(434, 1).step(651, 868, 1).trace(), { width });
  expect(labels(svg)).toEqual(["main", "first", "below", "second"]);
  expect(bars(svg, 0)).toEqual([
    ["running", 0, 217],
    ["waiting", 217, 217],
    ["ready", 434, 217],
    ["running", 651, 217],
  ]);
  expect(bars(svg, 1)).toEqual([["ready", 0, pixels]]);
});

test("a step is seen however short it is", () => {
  const script = new Script().created(0, 1, 0, "main").step(0, 0.001, 1, "sleep").woken(8_680, 1);
  const svg = drawn(script.step(8_680, 8_680, 1).trace(), { width });
  expect(bars(svg, 0)).toEqual([
    ["running", 0, 1],
    ["waiting", 1, pixels - 2],
    ["running", pixels - 1, 1],
  ]);
});

test("the critical path is marked below the bars that it goes over, unless it is not wanted", () => {
  const script = new Script().created(0, 1, 0, "main", "main").created(217, 2, 1, "f", "child").step(0, 217, 1, "task");
  const trace = script.step(217, 651, 2).woken(651, 1, 2).step(651, 868, 1).trace();
  const marks = (svg: string): string[][] =>
    [...svg.matchAll(/<rect class="path" x="(\d+)" y="(\d+)" width="(\d+)" height="2"\/>/g)]
      .map(([, x, y, width]) => [x, y, width] as string[])
      .slice(1); // the legend's
  expect(marks(drawn(trace, { width }))).toEqual([
    ["80", "77", "217"],
    ["731", "77", "217"],
    ["297", "95", "434"],
  ]);
  expect(marks(drawn(trace, { criticalPath: false }))).toEqual([]);
});

test("where there are more tasks than rows, those of one coroutine share a row, and the rest is summed up", () => {
  const script = new Script().created(0, 1, 0, "main", "main");
  for (let task = 2; task < 102; task++) script.created(0, task, 1, "fetch").step(task, task + 1, task);
  for (let task = 102; task < 112; task++) script.created(0, task, 1, `other ${task}`);
  const trace = script.trace();
  expect(labels(drawn(trace, { rows: 20 }))).toEqual([
    "main",
    "fetch × 100",
    ...Array.from({ length: 10 }, (_, i) => `Task-${102 + i}`),
  ]);
  expect(labels(drawn(trace, { rows: 3 }))).toEqual(["main", "fetch × 100", "10 more groups, 10 tasks"]);
  expect(labels(drawn(trace, { rows: 1 }))).toEqual(["12 more groups, 111 tasks"]);
});

test("the size of the picture depends on its rows and width, not on the length of the trace", () => {
  const script = new Script().created(0, 1, 0, "main");
  for (let i = 0; i < 50_000; i++) script.step(i, i + 0.3, 1, "sleep").woken(i + 0.7, 1);
  expect(drawn(script.trace()).length).toBeLessThan(200_000);
});

test("names, labels and messages are shown as text", () => {
  const hostile = `</text><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u0000\ud800`;
  const script = new Script().created(0, 1, 0, hostile, hostile);
  script.place("wait", { kind: hostile, label: hostile, frames: [{ name: "f", file: hostile, line: 1 }] });
  const svg = drawn(script.step(0, 1, 1, "wait").woken(5, 1).done(5, 1, ERROR, hostile).step(5, 6, 1).trace(), {
    title: hostile,
  });
  for (const part of ["<script", "<img", "\u0000", "\ud800"]) expect(svg).not.toContain(part);
  expect(svg).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

test("it refers to nothing outside itself, and follows the reader's choice of light or dark", () => {
  const svg = drawn(new Script().created(0, 1, 0, "main").trace());
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|href|url\(|@import|<script/);
  expect(svg).toContain("prefers-color-scheme:dark");
});

test("a failed task is marked, and what a wait was for is told on its bar", () => {
  const script = new Script().created(0, 1, 0, "main", "main");
  script.place("wait", { kind: "sleep", label: "5 ms", frames: [{ name: "main", file: "/app/main.ts", line: 7 }] });
  const svg = drawn(script.step(0, 1, 1, "wait").woken(5, 1).done(5, 1, ERROR, "no").step(5, 6, 1).trace());
  expect(svg).toContain('class="label failed"');
  expect(svg).toContain("<title>main: waiting 4 ms from 1 ms: sleep 5 ms, /app/main.ts:7</title>");
});

test("an empty trace, and one whose clock stood still, are pictures too", () => {
  expect(labels(drawn(new Script().trace()))).toEqual([]);
  const still = new Script().event(CLOCK, 5, 0, 1).created(5, 1, 0, "main", "main").step(5, 9, 1).trace();
  expect(labels(drawn(still))).toEqual(["main"]);
});

test("a width or a number of rows that is none is refused", () => {
  const trace = new Script().trace();
  expect(() => drawn(trace, { width: 10 })).toThrow(new RangeError("a picture is at least 400 pixels wide, not 10"));
  expect(() => drawn(trace, { rows: 0 })).toThrow(new RangeError("a picture has at least 1 row, not 0"));
});
