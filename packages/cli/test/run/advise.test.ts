/** `brigade run --advise`: at the end, what to change. What the advice is worth is tested where it is made. */
import { readTrace } from "brigade/trace";
import { expect, test } from "vitest";
import { Place } from "./place.ts";

const inARow = `const price = coroutine(function* price(id: string) { yield* sleep(30); return id.length; });
const stock = coroutine(function* stock(id: string) { yield* sleep(40); return id; });
export const main = coroutine(function* main() {
  const a = yield* price("x");
  const b = yield* stock("x");
  console.log(a, b);
});`;

test("the advice comes after the program's own output, on stderr, with the code to write", async () => {
  using place = new Place();
  const file = place.program("main.ts", inARow);
  const { exitCode, stdout, stderr } = await place.run([file, "--advise", "--virtual"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "1 x\n" });
  expect(stderr).toMatch(/main\.ts.*lines 5 to 6 wait one after another; `gather` would save 30 ms of 70 ms/);
  expect(stderr).toContain('const [a, b] = yield* gather([price("x"), stock("x")]);');
});

test("with --trace too, the trace is written as well", async () => {
  using place = new Place();
  const file = place.program("main.ts", inARow);
  await place.run([file, "--advise", "--virtual", "--trace", "t.brigade"]);
  expect(readTrace(place.bytes("t.brigade")).end).toBe("complete");
});

test("a program that fails gets its advice after its error, and keeps its exit code", async () => {
  using place = new Place();
  const file = place.program("main.ts", inARow.replace("console.log(a, b);", "throw new Error(`${a}${b}`);"));
  const { exitCode, stderr } = await place.run([file, "--advise", "--virtual"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^Error: 1x[^]*gather/);
});
