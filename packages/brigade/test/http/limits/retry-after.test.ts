/** `Retry-After` as RFC 9110 10.2.3 has it: seconds, or a date in one of three forms. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { retryAfter } from "../../../src/http/limits/retries.ts";

const NOW = Date.UTC(1994, 10, 6, 8, 49, 30);

test("seconds", () => {
  for (const [value, ms] of [
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7_000],
    ["007", 7_000],
  ] as const) {
    expect(retryAfter(value, NOW), value).toBe(ms);
  }
});

test("the three forms of a date that the RFC gives as examples", () => {
  for (const value of ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]) {
    expect(retryAfter(value, NOW), value).toBe(7_000);
    expect(retryAfter(value, NOW + 7_000), value).toBe(0);
    expect(retryAfter(value, NOW + 1e9), value).toBe(0);
  }
});

test("a year of two digits is at most 50 years ahead", () => {
  const in2026 = Date.UTC(2026, 0, 1);
  expect(retryAfter("Friday, 02-Jan-26 00:00:00 GMT", in2026)).toBe(86_400_000);
  expect(retryAfter("Saturday, 01-Jan-77 00:00:00 GMT", in2026)).toBe(0); // 1977
  expect(retryAfter("Wednesday, 01-Jan-76 00:00:00 GMT", in2026)).toBe(Date.UTC(2076, 0, 1) - in2026);
  expect(retryAfter("Friday, 01-Jan-05 00:00:00 GMT", Date.UTC(2099, 0, 1))).toBe(
    Date.UTC(2105, 0, 1) - Date.UTC(2099, 0, 1),
  );
});

test("what is neither is undefined", () => {
  for (const value of [
    "",
    " ",
    "soon",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "120, 60",
    "120 s",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Thu, 31 Feb 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT x",
    "Sun, 06-Nov-94 08:49:37 GMT",
    "Sun Nov 6 08:49:37 1994",
    "1994-11-06T08:49:37Z",
  ]) {
    expect(retryAfter(value, NOW), value).toBe(undefined);
  }
});

test("every second that a date can say is read as the host writes it, and never gives less than 0", () => {
  const seconds = fc.integer({ min: Date.UTC(1900, 0, 1) / 1_000, max: Date.UTC(2300, 0, 1) / 1_000 });
  fc.assert(
    fc.property(seconds, seconds, (when, now) => {
      expect(retryAfter(new Date(when * 1_000).toUTCString(), now * 1_000)).toBe(Math.max(0, (when - now) * 1_000));
    }),
    { seed: 1 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = retryAfter(text, NOW);
      expect(ms === undefined || ms >= 0).toBe(true);
    }),
    { seed: 1 },
  );
});
