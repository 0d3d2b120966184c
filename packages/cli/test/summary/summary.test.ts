import { expect, test } from "vitest";
import { Meter } from "../../src/fetch/meter/meter.ts";
import type { FetchResult } from "../../src/fetch/result.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "../../src/fetch/summary/format.ts";
import { type Summary, summaryOf } from "../../src/fetch/summary/summary.ts";
import { summaryJson } from "../../src/fetch/summary/summary-json.ts";
import { summaryText } from "../../src/fetch/summary/summary-text.ts";
import { failed, made } from "../meter/results.ts";

function meterAfter(elapsed: number, results: readonly FetchResult[], total?: number): Meter {
  const meter = new Meter({ total, clock: () => elapsed });
  for (const result of results) {
    meter.started(result.index, result.url, result.host);
    meter.finished(result);
  }
  return meter;
}

const hundred = [
  ...Array.from({ length: 90 }, (_, index) => made({ index, response: 2_000, bytes: 1_000 })),
  ...Array.from({ length: 6 }, () => failed("HTTPStatusError", "404 Not Found", { status: 404, response: 2_000 })),
  made({ attempts: 3, retries: 1_000, response: 2_000, host: "b.example:80" }),
  ...Array.from({ length: 3 }, () =>
    failed("ConnectTimeout", "GET https://c.example/: no connection after 3 s", { response: 3_000 }),
  ),
];

test("the summary for people", () => {
  const text = summaryText(summaryOf(meterAfter(10_000, hundred, 100)), { colors: false });
  expect(text).toBe(
    [
      "91 succeeded, 9 failed in 10 s",
      "  status  200 91   404 6",
      "  errors  ConnectTimeout 3  GET https://c.example/: no connection after 3 s",
      "  volume  90 kB   10/s   102 attempts, 1 URL retried",
      "  times   p50 2 s   p90 2 s   p99 3 s   max 3 s",
      "          one at a time it would have taken 3 min 24 s (20 × longer)",
      "",
    ].join("\n"),
  );
});

test("an interrupted run says what is missing", () => {
  const meter = meterAfter(2_500, hundred.slice(0, 10), 1_200);
  meter.started(10, "https://a.example/", "a.example:443");
  meter.skip(300);
  const summary = summaryOf(meter);
  expect(summary).toMatchObject({ interrupted: true, unfinished: 1, skipped: 300, total: 1_200, done: 10 });
  expect(summaryText(summary, { colors: false }).split("\n")[0]).toBe(
    "10 succeeded, 300 skipped, 1 unfinished of 1,200 URLs, interrupted after 2.5 s",
  );
});

test("a run of nothing has a summary", () => {
  const summary = summaryOf(meterAfter(3, [], 0));
  expect(summary).toMatchObject({ done: 0, times: null, rate: 0, hosts: [], otherHosts: null });
  expect(summaryText(summary, { colors: false })).toBe("0 succeeded in 3 ms\n");
});

test("one at a time is not told of a run that had nothing beside each other", () => {
  const text = summaryText(summaryOf(meterAfter(2_000, [made({ response: 990 }), made({ response: 990 })])), {
    colors: false,
  });
  expect(text).not.toContain("one at a time");
});

test("colours are on when asked for, and change nothing but colours", () => {
  const summary = summaryOf(meterAfter(10_000, hundred, 100));
  const colored = summaryText(summary, { colors: true });
  expect(colored).toContain("\u001B[31m9 failed\u001B[39m");
  // oxlint-disable-next-line eslint/no-control-regex -- escape sequences are what is taken out
  expect(colored.replaceAll(/\u001B\[\d+m/g, "")).toBe(summaryText(summary, { colors: false }));
});

test("nothing that a server says reaches the terminal as a control character", () => {
  const evil = failed("Evil\u001B[2JError", "\u001B]0;title\u0007 \u009B31m red\r\nline \u202E turned");
  const text = summaryText(summaryOf(meterAfter(10, [evil])), { colors: false });
  // oxlint-disable-next-line eslint/no-control-regex -- none of these may be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
  expect(text.split("\n").filter((line) => line.includes("red"))).toHaveLength(1);
});

test("messages are cut to the terminal's width", () => {
  const long = failed("ConnectError", "x".repeat(2_000));
  for (const columns of [60, 80, 200]) {
    const text = summaryText(summaryOf(meterAfter(10, [long])), { colors: false, columns });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(text).toContain("…");
  }
});

test("the summary for programs has these fields", () => {
  const json = summaryJson(summaryOf(meterAfter(10_000, hundred, 100)));
  expect(json.endsWith("}\n")).toBe(true);
  expect(JSON.parse(json)).toEqual({
    total: 100,
    done: 100,
    succeeded: 91,
    failed: 9,
    skipped: 0,
    unfinished: 0,
    interrupted: false,
    attempts: 102,
    retried: 1,
    statuses: { "200": 91, "404": 6 },
    errors: {
      HTTPStatusError: { count: 6, example: { url: "https://a.example:443/0", message: "404 Not Found" } },
      ConnectTimeout: {
        count: 3,
        example: { url: "https://a.example:443/0", message: "GET https://c.example/: no connection after 3 s" },
      },
    },
    bytes: 90_000,
    times: {
      p50: expect.closeTo(2_000, -1),
      p90: expect.closeTo(2_000, -1),
      p99: expect.closeTo(3_000, -1),
      max: expect.closeTo(3_000, -1),
    },
    wallTime: 10_000,
    oneAtATime: 204_000,
    rate: 10,
    hosts: [
      { host: "a.example:443", done: 99, failed: 9, bytes: 90_000 },
      { host: "b.example:80", done: 1, failed: 0, bytes: 0 },
    ],
    otherHosts: null,
  } satisfies Record<keyof Summary, unknown>);
});

test("of many hosts the twenty with the most requests are named, and the others counted together", () => {
  const results = Array.from({ length: 5_050 }, (_, index) =>
    made({ host: `h${Math.floor(Math.sqrt(2 * index))}.example:443`, bytes: 1 }),
  );
  const { hosts, otherHosts, done } = summaryOf(meterAfter(1, results));
  expect(hosts).toHaveLength(20);
  expect(hosts[0]?.done).toBeGreaterThanOrEqual(hosts[19]?.done ?? 0);
  expect(hosts.reduce((sum, host) => sum + host.done, 0) + (otherHosts?.done ?? 0)).toBe(done);
});

test.each([
  [0, "0 ms"],
  [0.04, "0 ms"],
  [1.25, "1.3 ms"],
  [9.96, "10 ms"],
  [48.4, "48 ms"],
  [999.6, "1 s"],
  [1_234, "1.23 s"],
  [12_345, "12.3 s"],
  [59_960, "1 min"],
  [200_000, "3 min 20 s"],
  [3_599_600, "1 h"],
  [7_500_000, "2 h 5 min"],
  [273_600_000, "3 d 4 h"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test("numbers for people", () => {
  expect([0, 999, 1_000, 12_345_678].map(formatCount)).toEqual(["0", "999", "1,000", "12,345,678"]);
  expect([0, 999, 999.6, 9_800, 12_345, 5e9, 7e16].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "9.8 kB",
    "12 kB",
    "5.0 GB",
    "70 PB",
  ]);
  expect([0, 0.01, 4.21, 805.4, 12_345].map(formatRate)).toEqual(["0/s", "<0.1/s", "4.2/s", "805/s", "12,345/s"]);
});
