/** The list of mutants fits the sources, so that it can't rot unseen. */
import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutants } from "../src/mutants/list.ts";
import { mutated } from "../src/mutants/mutant.ts";

const runtime = join(import.meta.dirname, "../../packages/brigade");

test("there are at least 40 mutants, each with a name of its own", () => {
  expect(mutants.length).toBeGreaterThanOrEqual(40);
  expect(new Set(mutants.map((mutant) => mutant.name)).size).toBe(mutants.length);
});

test.each(mutants)("the text of the mutant $name stands in its file exactly once", (mutant) => {
  const source = readFileSync(join(runtime, "src", mutant.file), "utf8");
  const changed = mutated(source, mutant);
  expect(changed).not.toBe(source);
  expect(() => stripTypeScriptTypes(changed)).not.toThrow();
});

test.each(mutants)("the test files of the mutant $name are there", (mutant) => {
  expect(mutant.unit.filter((file) => !existsSync(join(runtime, "test", file)))).toEqual([]);
});

test("a text that stands nowhere, or more than once, is refused by name", () => {
  const mutant = { name: "m", promise: "", file: "kernel/x.ts", find: "a", replace: "b", unit: [] };
  expect(() => mutated("none", mutant)).toThrow(
    /mutant "m": its text is not there in packages\/brigade\/src\/kernel\/x.ts/,
  );
  expect(() => mutated("a a", mutant)).toThrow(/there 2 times/);
  expect(mutated("one a", mutant)).toBe("one b");
});
