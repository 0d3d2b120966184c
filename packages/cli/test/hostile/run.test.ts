/** Programs that give `brigade run` a hard time: while they load, while they run, while they end. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { readTrace } from "brigade/trace";
import { expect, test } from "vitest";
import { Place } from "../run/place.ts";

async function ran(text: string, words: readonly string[] = [], options: { stdin?: string } = {}) {
  using place = new Place();
  place.program("main.ts", text);
  return await place.run(["main.ts", ...words], options);
}

const mainOf = (body: string): string => `export default coroutine(function* main() { ${body} });`;

test("what comes on standard input is the program's", async () => {
  const text = `
    import { text } from "node:stream/consumers";
    ${mainOf("const all = yield* fromPromise(text(process.stdin)); console.log(all.length, all.slice(-3));")}`;
  const { exitCode, stdout, stderr } = await ran(text, [], { stdin: `${"x".repeat(300_000)}end` });
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "300003 end\n", stderr: "" });
});

test("a rejection that nobody handles ends it as it ends any program, with its lines", async () => {
  const { exitCode, stderr } = await ran(mainOf('Promise.reject(new Error("lost")); yield* sleep(5_000);'));
  expect(exitCode).toBe(1);
  expect(stderr).toContain("lost");
  expect(stderr).toContain("main.ts");
});

test("main that ends while promises, timers and sockets of its own go on waits for them, as node does", async () => {
  const { exitCode, stdout } = await ran(mainOf('setTimeout(() => console.log("later"), 50); return 1;'));
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "later\n" });
});

for (const [what, end, code] of [
  ["process.exit(3) in main", "process.exit(3);", 3],
  ["an error of main", 'throw new Error("on purpose");', 1],
  ["a crash of the host", 'setTimeout(() => { throw new Error("on purpose"); }, 0); yield* sleep(5_000);', 1],
  ["a deadlock", "yield* new Event().wait();", 1],
  ["an exit code of its own", "process.exitCode = 9;", 9],
] as const) {
  test(`${what} leaves a whole trace, and exit code ${code}`, async () => {
    using place = new Place();
    place.program("main.ts", mainOf(`yield* gather([sleep(1), sleep(2)]); ${end}`));
    const { exitCode, stderr } = await place.run(["main.ts", "--trace", "out.brigade"]);
    expect(exitCode, stderr).toBe(code);
    const { end: how, count } = readTrace(place.bytes("out.brigade"));
    expect(how).toBe("complete");
    expect(count).toBeGreaterThan(10);
  });
}

test("a trace that can't be written is told, and the program runs to its own exit code", async () => {
  for (const file of ["/dev/full", "no/such/folder/out.brigade"]) {
    const { exitCode, stdout, stderr } = await ran(mainOf('console.log("ran"); process.exitCode = 4;'), [
      "--trace",
      file,
    ]);
    expect([0, 2, 4]).toContain(exitCode);
    expect(stderr).toContain(file);
    expect(stderr).not.toMatch(/\n {4}at /);
    if (exitCode === 2) expect(stdout).toBe("");
    else expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "ran\n" });
  }
});

test("the trace does not overwrite the program", async () => {
  using place = new Place();
  place.program("main.ts", mainOf('console.log("ran");'));
  const before = place.read("main.ts");
  const { stderr } = await place.run(["main.ts", "--trace", "main.ts"]);
  expect(stderr).not.toBe("");
  expect(place.read("main.ts")).toBe(before);
});

test("a cleanup that never ends is left by the second signal, not by the first", async () => {
  using place = new Place();
  const body =
    'try { console.log("ready"); yield* sleep("1h"); } finally { console.log("cleaning"); yield* new Event().wait(); }';
  place.program("main.ts", `setInterval(() => {}, 1000);\n${mainOf(body)}`);
  const { child, says, ended } = place.start(["run", "main.ts"]);
  await says("ready");
  child.kill("SIGINT");
  await says("cleaning");
  child.kill("SIGINT");
  expect((await ended).exitCode).toBe(130);
});

test("a program that catches whatever comes is cancelled all the same", async () => {
  using place = new Place();
  const body = 'console.log("ready"); for (;;) { try { yield* sleep(10); } catch { console.log("never"); } }';
  place.program("main.ts", mainOf(body));
  const { child, says, ended } = place.start(["run", "main.ts"]);
  await says("ready");
  child.kill("SIGTERM");
  const { exitCode, stdout } = await ended;
  expect({ exitCode, stdout }).toEqual({ exitCode: 143, stdout: "ready\n" });
});

test("--timeout ends a program that waits for a promise nobody settles, and one that has a timer of its own", async () => {
  for (const body of ["yield* fromPromise(new Promise(() => setInterval(() => {}, 10)));", 'yield* sleep("1h");']) {
    const { exitCode, stderr } = await ran(mainOf(`${body} process.exit(5);`), ["--timeout", "100ms"]);
    expect([exitCode, /--timeout|timeout/.test(stderr)], stderr).toEqual([124, true]);
  }
});

test("a main with 100,000 tasks and a file of 5 MB runs", { timeout: 60_000 }, async () => {
  const filler = `// ${"x".repeat(5_000_000)}\n`;
  const body =
    "const all = yield* gather(Array.from({ length: 100_000 }, (_, i) => sleep(i % 3))); console.log(all.length);";
  const { exitCode, stdout } = await ran(`${filler}${mainOf(body)}`, ["--trace", "out.brigade"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "100000\n" });
});

test("a program found over a link, in a folder with spaces and signs, runs and is traced", async () => {
  using place = new Place();

  const folder = `${place.path}/a folder, with # ? % 'signs' and ü`;
  mkdirSync(folder);
  const text = `import { coroutine, sleep } from "brigade";\n${mainOf('yield* sleep(1); console.log("ran");')}`;
  writeFileSync(`${folder}/my main.ts`, text);
  symlinkSync(`${folder}/my main.ts`, `${place.path}/link.ts`);
  for (const file of ["link.ts", `${folder}/my main.ts`]) {
    const { exitCode, stdout, stderr } = await place.run([file, "--trace", "out.brigade"]);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "ran\n", stderr: "" });
    const { places } = readTrace(place.bytes("out.brigade"));
    expect(places.some(({ frames }) => frames.some((frame) => frame.file?.endsWith("my main.ts")))).toBe(true);
  }
});
