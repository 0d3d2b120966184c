/** `brigade run --explore`: whether an order of events makes a program fail, and how to see it again. */
import { expect, test } from "vitest";
import { Place } from "./place.ts";

/** Fails where the one with the later timer goes on first. */
const racing = `export const main = coroutine(function* main(limit = "1") {
  const order: number[] = [];
  const say = function* (n: number) { yield* sleep(1); order.push(n); };
  yield* gather([say(1), say(2)]);
  if (order[0] !== 1 && limit === "1") throw new Error("2 came first");
});`;

test("a schedule that fails is shown with the words that run it again, and they do", async () => {
  using place = new Place();
  const file = place.program("main.ts", racing);
  expect(await place.run([file])).toMatchObject({ exitCode: 0 });
  const found = await place.run([file, "--explore", "200"]);
  expect(found.exitCode).toBe(1);
  expect(found.stderr).toMatch(/^Error: 2 came first\n/);
  const words = /^In the terminal: brigade run (.*)$/m.exec(found.stderr)?.[1]?.split(" ") ?? [];
  expect(words.slice(0, 2)).toEqual(["main.ts", "--replay"]);
  const again = await place.run(words);
  expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("2 came first") });
  const fixed = await place.run([...words, "--", "2"]);
  expect(fixed).toMatchObject({ exitCode: 0, stderr: "", stdout: expect.stringMatching(/main\s+starts/) });
});

test("when none fails, it is said how many were tried", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() { yield* gather([sleep(1), sleep(2)]); }");
  const { exitCode, stderr } = await place.run([file, "--explore", "50"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "brigade run: main.ts fails in none of 50 schedules\n" });
  expect(await place.run([file, "--explore", "5", "--quiet"])).toMatchObject({ exitCode: 0, stderr: "" });
});

test("a coroutine that was made already can't be run twice, and that is said", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export default coroutine(function* f() {})();");
  const { exitCode, stderr } = await place.run([file, "--explore", "5"]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^brigade run: main\.ts exports a coroutine that was made already/);
});

test.each([
  [["--virtual"], "--explore runs in virtual time anyway: leave --virtual out"],
  [["--trace", "t.brigade"], "--explore does not go with --trace: leave one out"],
  [["--timeout", "1s"], "--explore does not go with --timeout: leave one out"],
  [["--replay", "s1"], "--explore looks for a schedule, and --replay has one: leave one out"],
  [["--replay", "nonsense"], '--replay "nonsense": this is no seed: copy the one that --explore has printed'],
])("--explore with %j is refused in one line", async (words, message) => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() {}");
  expect(await place.run([file, "--explore", "5", ...words])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: `brigade run: ${message}\n`,
  });
});
