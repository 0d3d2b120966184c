/** Whose "brigade" a program runs on: the one it finds, and the command's own where it has none. */
import { expect, test } from "vitest";
import { Place } from "./place.ts";

/** Prints where the package was loaded from, and whether main runs on that very copy. */
const which = `import { getRunningLoop, sleep } from "brigade";
import { createRequire } from "node:module";
export function* main() {
  yield* sleep(1);
  console.log(getRunningLoop().running, createRequire(import.meta.url).resolve("brigade"));
}`;

test("a program runs on the copy in its own node_modules", async () => {
  using place = new Place();
  place.install();
  const { exitCode, stdout, stderr } = await place.run([place.write("main.ts", which)]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain(`true ${place.path}/a-copy/src/index.ts`);
});

test("a program without one gets the command's, with its other entries, in imported files and in required ones", async () => {
  using place = new Place();
  place.write("part.ts", `export { virtualClock } from "brigade/testing";`);
  place.write("old.cjs", `module.exports = require("brigade").sleep;`);
  const file = place.write(
    "main.ts",
    `import { virtualClock } from "./part.ts";\nimport sleep from "./old.cjs";
     export function* main() { console.log(yield* sleep(1, "slept"), typeof virtualClock); }`,
  );
  expect(await place.run([file])).toEqual({ exitCode: 0, stdout: "slept function\n", stderr: "" });
});

test("what the command's copy has not either is missing as anything else is", async () => {
  using place = new Place();
  const file = place.write("main.ts", `import "brigade/nonsense";\nexport function* main() {}`);
  const { exitCode, stderr } = await place.run([file]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/brigade\/nonsense|nonsense/);
});

test("a main that another copy made is refused, with the way to one copy", async () => {
  using place = new Place();
  place.install();
  place.install("lib");
  place.write(
    "lib/jobs.ts",
    `import { coroutine } from "brigade";\nexport const main = coroutine(function* main() {});`,
  );
  const { exitCode, stderr } = await place.run([place.write("main.ts", `export { main } from "./lib/jobs.ts";`)]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /^brigade run: main\.ts: its main was made by another copy of brigade .* \(npm ls brigade shows them\)\n$/,
  );
});
