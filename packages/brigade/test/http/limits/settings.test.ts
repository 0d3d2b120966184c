/** Limits that can't be are refused, in words that say what is wrong and what is right. */
import { expect, test } from "vitest";
import { RequestLimits } from "../../../src/http/limits/limits.ts";
import type { Limits } from "../../../src/http/types.ts";

const made = (limits: unknown) => () => new RequestLimits(limits as Limits);

test("a rate that is none is refused with one that is", () => {
  for (const [limits, message] of [
    [{ rate: 50 }, 'limits.rate: 50 is not a rate; write "50/s"'],
    [{ rate: "50" }, 'limits.rate: "50" is not a rate; write "50/s"'],
    [
      { perHostRate: "10/sec" },
      'limits.perHostRate: "10/sec" is not a rate; write "50/s" (a number above 0, and s, m or h)',
    ],
    [{ rate: "0/s" }, 'limits.rate: "0/s" is not a rate; write "50/s" (a number above 0, and s, m or h)'],
    [{ rate: "-1/s" }, 'limits.rate: "-1/s" is not a rate; write "50/s" (a number above 0, and s, m or h)'],
    [{ rate: "1.2.3/s" }, 'limits.rate: "1.2.3/s" is not a rate; write "50/s" (a number above 0, and s, m or h)'],
    [{ rate: null }, 'limits.rate: null is not a rate; write "50/s"'],
  ] as const) {
    expect(made(limits)).toThrow(new RangeError(message));
  }
});

test("counts that are no whole numbers of at least 1 are refused; Infinity takes a bound away", () => {
  for (const value of [0, -1, 1.5, Number.NaN, "5", null]) {
    for (const name of ["connections", "perHost"]) {
      if (value === null) continue; // as if it were left out
      expect(made({ [name]: value })).toThrow(RangeError);
      expect(made({ [name]: value })).toThrow(
        `limits.${name} is ${JSON.stringify(value) ?? value}`.replace("is null", "is NaN"),
      );
    }
    expect(made({ adaptive: { min: value ?? -1 } })).toThrow(
      /limits\.adaptive\.min is .*; use a whole number of at least 1$/,
    );
  }
  expect(made({ connections: Infinity, perHost: Infinity, rate: "Infinity/s", adaptive: true })).not.toThrow();
});

test("adaptive options that contradict one another are refused", () => {
  for (const [adaptive, message] of [
    [{ max: 11 }, "limits.adaptive.max is 11, and limits.perHost allows 10: raise perHost, or lower max"],
    [{ min: 6, max: 5 }, "limits.adaptive.min is 6; use at most max, which is 5"],
    [{ start: 1, min: 2 }, "limits.adaptive.start is 1; use a number from min to max, which are 2 and 10"],
    [{ decrease: 1 }, "limits.adaptive.decrease is 1; use a number between 0 and 1, such as 0.5"],
    [{ decrease: 0 }, "limits.adaptive.decrease is 0; use a number between 0 and 1, such as 0.5"],
  ] as const) {
    expect(made({ perHost: 10, adaptive })).toThrow(new RangeError(message));
  }
});

test("a misspelt name does not pass for a default", () => {
  expect(made({ perhost: 3 })).toThrow(
    new TypeError("limits.perhost: there is no such option; use connections, perHost, rate, perHostRate, adaptive"),
  );
  expect(made({ adaptive: { maximum: 3 } })).toThrow("limits.adaptive.maximum: there is no such option");
  expect(made(5)).toThrow(TypeError);
  expect(made({ adaptive: "on" })).toThrow(TypeError);
});
