import { expect, test } from "vitest";
import { frame, hostRows, logLine } from "../../src/fetch/display/frame.ts";
import type { HostLine, RunState } from "../../src/fetch/display/state.ts";
import { painter } from "../../src/fetch/summary/paint.ts";

const host: HostLine = {
  host: "api.example.com:443",
  inFlight: 4,
  waiting: 120,
  limit: 4,
  done: 2_310,
  failed: 3,
  rate: 80,
};
const state: RunState = {
  total: 10_000,
  done: 6_112,
  failed: 13,
  inFlight: 50,
  waiting: 214,
  rate: 805,
  times: { p50: 48, p90: 120, p99: 1_200, max: 4_000 },
  bytes: 5_900_000,
  elapsed: 12_400,
  remaining: 8_000,
  hosts: [host, { ...host, host: "tiles.example.org:443", limit: undefined }],
  moreHosts: 12,
};

/** The frame without colours, as text. */
function plain(of: RunState, columns: number, rows = 24, unicode = true): string[] {
  return frame(of, { columns, rows, unicode, paint: painter(false) }).map(({ text }) => text);
}

test("a frame tells how far the run is, how it goes, and what each host does", () => {
  expect(plain(state, 100)).toEqual([
    "━━━━━━━━━━━━━━━━━━━━━━━━────────────────  61 %  6,112 of 10,000  12 s  8 s left",
    "50 in flight  13 failed  805/s  p50 48 ms  p99 1.2 s  5.9 MB  214 waiting",
    "",
    "host                   in flight  waiting  limit   done  failed  rate",
    "api.example.com:443            4      120      4  2,310       3  80/s",
    "tiles.example.org:443          4      120      -  2,310       3  80/s",
    "and 12 more",
  ]);
});

test("without a total there is no bar and no end in sight", () => {
  expect(plain({ ...state, total: undefined, remaining: undefined }, 100)[0]).toBe("6,112 done  12 s");
});

test("a terminal without Unicode gets ASCII", () => {
  expect(plain(state, 100, 24, false).join("\n")).toMatch(/^[\n -~]*$/);
});

test("100 % are shown when everything is done, and not before", () => {
  expect(plain({ ...state, done: 9_999 }, 100)[0]).toContain("99 %");
  expect(plain({ ...state, done: 10_000 }, 100)[0]).toContain("100 %");
  expect(plain({ ...state, done: 0, total: 0 }, 100)[0]).toContain("100 %");
});

test("every line fits, however narrow or low the terminal is", () => {
  const wide: RunState = { ...state, hosts: [...state.hosts, { ...host, host: `${"a".repeat(63)}.example.com:8443` }] };
  for (let columns = 1; columns <= 220; columns++) {
    for (const line of plain(wide, columns)) expect(line.length).toBeLessThanOrEqual(Math.max(1, columns - 1));
  }
  for (let rows = 1; rows <= 30; rows++) expect(plain(wide, 80, rows).length).toBeLessThan(Math.max(2, rows));
});

test("a line's width is that of its text without colours", () => {
  for (const columns of [20, 50, 100]) {
    const colored = frame(state, { columns, rows: 24, unicode: true, paint: painter(true) });
    const widths = plain(state, columns).map((line) => line.length);
    expect(colored.map(({ width }) => width)).toEqual(widths);
  }
});

test("in a narrow terminal the host keeps its place, and the less important columns go", () => {
  expect(plain(state, 50)[3]).toBe("host               in flight   done  failed  rate");
  expect(plain(state, 40)[3]).toBe("host                 done  failed  rate");
  expect(plain(state, 30)[4]).toBe("api.example.com:443    2,310");
  expect(plain(state, 26)[4]).toBe("~i.example.com:443  2,310");
  const long = plain({ ...state, hosts: [{ ...host, host: `cdn.${"x".repeat(80)}.example.com:443` }] }, 60);
  expect(long[4]).toMatch(/^~x+\.example\.com:443 +4 /);
});

test("as many hosts are asked for as there are rows for them", () => {
  expect([1, 6, 7, 10, 24, 100].map(hostRows)).toEqual([0, 0, 1, 4, 12, 12]);
});

test("a log line is one line of words", () => {
  expect(logLine(state)).toBe(
    "6,112 of 10,000 done (61 %), 13 failed, 50 in flight, 805/s, p50 48 ms, p99 1.2 s, 5.9 MB, 12 s, 8 s left",
  );
  expect(logLine({ ...state, total: undefined, remaining: undefined, times: undefined })).toBe(
    "6,112 done, 13 failed, 50 in flight, 805/s, 5.9 MB, 12 s",
  );
});
