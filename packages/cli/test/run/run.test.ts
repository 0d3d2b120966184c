/** What `brigade run` runs, what it hands over, and what is left of it: output and exit code. */
import { expect, test } from "vitest";
import { Place } from "./place.ts";

test("the default export runs, is called with the arguments, and finds them in process.argv", async () => {
  using place = new Place();
  place.program(
    "main.ts",
    `export default coroutine(function* main(...args: string[]) {
       yield* sleep(1);
       console.log(JSON.stringify([args, process.argv.slice(2)]), process.argv[1]?.endsWith("main.ts"));
     });`,
  );
  const { exitCode, stdout, stderr } = await place.run(["main.ts", "a b", "--", "--port", "3"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toBe(`[["a b","--port","3"],["a b","--port","3"]] true\n`);
});

test.each([
  [
    "a coroutine function called main",
    "export const main = coroutine(function* main() { console.log(yield* sleep(1, 'ran')); });",
  ],
  ["a plain generator function", "export function* main() { console.log(yield* sleep(1, 'ran')); }"],
  [
    "a coroutine that was made already",
    "const f = coroutine(function* f() { console.log(yield* sleep(1, 'ran')); }); export default f();",
  ],
  [
    "a function that gives a coroutine",
    "export default () => coroutine(function* f() { console.log(yield* sleep(1, 'ran')); })();",
  ],
  [
    "main, where the default export is something else",
    "export default { port: 1 }; export function* main() { console.log(yield* sleep(1, 'ran')); }",
  ],
  [
    "the default export, where there is a main too",
    "export function* main() {} export default function* other() { console.log(yield* sleep(1, 'ran')); }",
  ],
])("%s can be run", async (_what, text) => {
  using place = new Place();
  expect(await place.run([place.program("main.ts", text)])).toEqual({ exitCode: 0, stdout: "ran\n", stderr: "" });
});

test("a CommonJS module can be run", async () => {
  using place = new Place();
  place.write(
    "main.cjs",
    `const { sleep } = require("brigade");\nexports.main = function* () { console.log(yield* sleep(1, "ran")); };`,
  );
  expect(await place.run(["main.cjs"])).toEqual({ exitCode: 0, stdout: "ran\n", stderr: "" });
});

test.each([
  ["", "main.ts has no default export and no main: it exports nothing."],
  ["export const a = 1, b = 2;", "main.ts has no default export and no main: it exports a, b."],
  ["export default 3;", "main.ts: its default export is the number 3, and brigade run runs a coroutine function"],
  ["export const main = [1];", "main.ts: main is an object (Array), and"],
  ["export class main {}", "main.ts: main is a class, and"],
  [
    "export async function main() {}",
    "main.ts: main is an async function, and brigade run runs a coroutine function: what it awaits could be neither cancelled nor traced",
  ],
  [
    "export const main = Promise.resolve();",
    "main.ts: main is a promise, and brigade run runs a coroutine function: give it the coroutine itself, without run()",
  ],
  ["export function main() {}", "main.ts: its main gave undefined, not a coroutine"],
  [
    "export const main = () => Promise.resolve();",
    "main.ts: its main gave a promise, not a coroutine: give it the coroutine itself, without run()",
  ],
])("%j can't be run, and the message says what was found and what to write", async (text, message) => {
  using place = new Place();
  const { exitCode, stdout, stderr } = await place.run([place.write("main.ts", text)]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^brigade run: [^\n]+\n$/);
  expect(stderr).toContain(message);
});

test("what main gives is printed when it is asked for, and is no exit code", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export default coroutine(function* main() { return { count: 3 }; });");
  expect(await place.run([file])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  expect(await place.run([file, "--json"])).toEqual({ exitCode: 0, stdout: '{"count":3}\n', stderr: "" });
  const nothing = place.program("nothing.ts", "export function* main() {}");
  expect(await place.run([nothing, "--json"])).toMatchObject({ stdout: "null\n" });
  const big = place.program("big.ts", "export function* main() { return 1n; }");
  expect(await place.run([big, "--json"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("brigade run: --json: what big.ts gave can't be written as JSON"),
  });
});

test("the exit code that the program sets is the command's", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() { process.exitCode = 7; }");
  expect(await place.run([file])).toMatchObject({ exitCode: 7, stderr: "" });
});

test("the process goes on after main for what keeps it, as any program does", async () => {
  using place = new Place();
  const file = place.program("main.ts", "export function* main() { setTimeout(() => console.log('later'), 50); }");
  expect(await place.run([file])).toEqual({ exitCode: 0, stdout: "later\n", stderr: "" });
});

test("an error is told with the program's own lines, its cause, and nothing of the runtime or the command", async () => {
  using place = new Place();
  const file = place.write(
    "main.ts",
    `import { coroutine, sleep } from "brigade";
const inner = coroutine(function* inner() {
  yield* sleep(1);
  throw new Error("no stock", { cause: new TypeError("not there") });
});
export const main = coroutine(function* main() {
  yield* inner();
});
setInterval(() => {}, 1_000);
`,
  );
  const { exitCode, stderr } = await place.run([file]);
  expect(exitCode).toBe(1); // though a timer would keep the process
  expect(stderr).toMatch(/^Error: no stock\n +at inner \(.*main\.ts:4:9\)\n +at main \(.*main\.ts:7:10\)/);
  expect(stderr).toMatch(/\[cause\]: TypeError: not there\n +at inner \(.*main\.ts:4:\d+\)/);
  expect(stderr).not.toMatch(/node:|packages\/|\.next \(/);
});

test("errors that came after the first are told too", async () => {
  using place = new Place();
  const file = place.program(
    "main.ts",
    `export const main = coroutine(function* main() {
       yield* gather([
         (function* () { yield* sleep(1); throw new Error("first"); })(),
         (function* () { try { yield* sleep(50); } finally { throw new Error("second"); } })(),
       ]);
     });`,
  );
  const { exitCode, stderr } = await place.run([file]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^Error: first[^]*\nand after it: Error: second/);
});

test("what a program throws that is no error is told as it is", async () => {
  using place = new Place();
  const file = place.program("main.ts", `export function* main() { throw "just a text"; }`);
  expect(await place.run([file])).toEqual({ exitCode: 1, stdout: "", stderr: "'just a text'\n" });
});

test("a file that throws while it is loaded, or can't be understood, is told with its line", async () => {
  using place = new Place();
  const thrown = await place.run([place.write("main.ts", `\nthrow new Error("no settings");`)]);
  expect(thrown).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Error: no settings\n +at .*main\.ts:2:7/),
  });
  const broken = await place.run([place.write("broken.ts", "const x: number = ;")]);
  expect(broken).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/broken\.ts:1\nconst x[^]*SyntaxError/) });
});

test("a deadlock is told with who waits for what and where, with exit code 1", async () => {
  using place = new Place();
  const file = place.program(
    "main.ts",
    `export const main = coroutine(function* main() {\n  yield* new Event().wait();\n});`,
  );
  const { exitCode, stderr } = await place.run([file]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /^DeadlockError: nothing can ever wake[^]*"main" waits for Event\.wait\n +at main \(.*main\.ts:3:/,
  );
});

test("a promise that can never settle is a deadlock as well, in main and at the top level of the file", async () => {
  using place = new Place();
  const inMain = place.program("main.ts", "export function* main() { yield* fromPromise(new Promise(() => {})); }");
  expect(await place.run([inMain])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("DeadlockError") });
  const atTop = place.write("top.ts", "await new Promise(() => {});\nexport const main = 1;");
  const { exitCode, stderr } = await place.run([atTop]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^brigade run: .*top\.ts waits, with an await at its top level, for what can never come\n$/);
});

test("an error that nobody looked at is reported, and does not end the program", async () => {
  using place = new Place();
  const file = place.program(
    "main.ts",
    `export function* main() {
       createTask((function* () { throw new Error("lost"); })(), { name: "loser" });
       yield* sleep(5);
       console.log("went on");
     }`,
  );
  const { exitCode, stdout, stderr } = await place.run([file]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "went on\n" });
  expect(stderr).toMatch(/task "loser" failed and nobody looked[^]*Error: lost/);
});

test("--virtual takes no time", async () => {
  using place = new Place();
  const file = place.program(
    "main.ts",
    "export function* main() { yield* sleep('24h'); console.log(getRunningLoop().time()); }",
  );
  expect(await place.run([file, "--virtual"])).toEqual({ exitCode: 0, stdout: "86400000\n", stderr: "" });
});

test("--debug turns on what the runtime reports in debug alone", async () => {
  using place = new Place();
  const file = place.program("main.ts", "const f = coroutine(function* f() {});\nexport function* main() { f(); }");
  const [plain, debug] = await Promise.all([place.run([file]), place.run([file, "--debug"])]);
  expect(plain.stderr).not.toMatch(/main\.ts:3/);
  expect(debug.stderr).toMatch(/main\.ts:3/);
});

test("--watch-blocking tells the line that blocks the loop", async () => {
  using place = new Place();
  const file = place.program(
    "main.ts",
    "export function* main() {\n  const until = performance.now() + 400;\n  while (performance.now() < until);\n  yield* sleep(1);\n}",
  );
  const { exitCode, stderr } = await place.run([file, "--watch-blocking"]);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/blocked[^]*main\.ts:[34]/);
});

test.each([
  [[], "name the file to run, such as brigade run main.ts (brigade run --help shows more)"],
  [["none.ts"], 'FILE "none.ts": there is no such file: look at its path'],
  [["."], 'FILE ".": this is a folder: name a file'],
  [
    ["main.ts", "--port", "3"],
    `there is no option "--port" (brigade run --help shows all; options of the program's own come after --)`,
  ],
  [["main.ts", "--timeout", "3"], '--timeout "3": write the unit too, such as 3s or 3ms'],
])("brigade run %j is refused in one line, and runs nothing", async (words, message) => {
  using place = new Place();
  place.program("main.ts", "export function* main() { console.log('ran'); }");
  expect(await place.run(words)).toEqual({ exitCode: 2, stdout: "", stderr: `brigade run: ${message}\n` });
});
