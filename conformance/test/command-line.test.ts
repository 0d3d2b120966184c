/** What the command line understands, and what it says when it does not. */
import { expect, test } from "vitest";
import { OptionError, readOptions } from "../src/campaign/options.ts";
import { sideBySide } from "../src/campaign/side-by-side.ts";

test("without options it runs the directed set and 20,000 random programs of seed 1", () => {
  expect(readOptions([])).toMatchObject({ run: "all", seed: 1, programs: 20_000 });
});

test("numbers are taken from the options", () => {
  expect(readOptions(["--programs", "7", "--seed=3", "--jobs", "2"])).toEqual({
    run: "all",
    seed: 3,
    programs: 7,
    jobs: 2,
  });
  expect(readOptions(["--seed", "3", "--index", "12"])).toEqual({ run: "index", seed: 3, index: 12 });
  expect(readOptions(["--resume"])).toMatchObject({ run: "resume", programs: undefined });
  expect(readOptions(["--mutants", "--only", "lock"])).toMatchObject({ run: "mutants", only: "lock" });
});

test.each([
  [["--programs", "many"], /--programs takes a whole number from 1 up, not "many"/],
  [["--jobs", "0"], /--jobs takes a whole number from 1 up, not "0"/],
  [["--seed", "-1"], /--seed/],
  [["--resume", "--seed", "2"], /--seed does not go with --resume/],
  [["--record", "--replay"], /--(record|replay) does not go with --(record|replay)/],
  [["--only", "lock"], /--only goes with --mutants/],
  [["--fast"], /--fast/],
  [["file.json"], /file.json/],
])("%j is refused by name", (args, message) => {
  expect(() => readOptions(args)).toThrow(OptionError);
  expect(() => readOptions(args)).toThrow(message);
});

test("two traces stand beside each other, the first difference marked", () => {
  const lines = sideBySide({ cpython: ["a", "b", "c"], brigade: ["a", "x", "y"] }).split("\n");
  expect(lines.map((line) => line[0])).toEqual([" ", " ", "≠", " ", "t"]);
  expect(lines[2]).toMatch(/≠ b +\| x/);
  expect(lines.at(-1)).toBe("the first difference is in line 2");
});
