/** Signals from outside to a process that reads them: what keeps it alive, what ends it, and handleSignals beside it. */
import { expect, test } from "vitest";
import { runProgram, startProgram } from "../../program.ts";

const REAL = { timeout: 20_000 };

const program = (body: string, options = "{}"): string => `
  import { createTask, forEach, moveOnAfter, run, sleep } from "brigade";
  import { signals } from "brigade/node";
  const main = function* () { ${body} };
  await run(main, ${options}).catch((error) => console.log("rejected with " + error.name));
  console.log("ended");
`;

test("waiting for a signal keeps the process alive, and is no deadlock", REAL, async () => {
  const started = startProgram(
    program(
      `const next = createTask(signals("SIGTERM").next()); console.log("waiting"); console.log((yield* next).value);`,
    ),
  );
  await started.printed("waiting");
  await new Promise((resolve) => setTimeout(resolve, 300));
  started.process.kill("SIGTERM");
  const { stdout, stderr, code, signal } = await started.ended;
  expect([stdout, stderr, code, signal]).toEqual(["waiting\nSIGTERM\nended\n", "", 0, null]);
});

test("a signal that comes while its reader is busy is not lost, and does not end the process", REAL, async () => {
  const started = startProgram(
    program(`
      const hups = signals("SIGHUP");
      const first = createTask(hups.next());
      yield* sleep(0);
      console.log("listening");
      yield* first;
      console.log("first");
      yield* sleep(400);
      console.log((yield* hups.next()).value);
    `),
  );
  await started.printed("listening");
  started.process.kill("SIGHUP");
  await started.printed("first");
  started.process.kill("SIGHUP");
  const { stdout, signal } = await started.ended;
  expect([stdout, signal]).toEqual(["listening\nfirst\nSIGHUP\nended\n", null]);
});

test("after the stream has ended, the signal ends the process as ever", REAL, async () => {
  const started = startProgram(
    program(`yield* moveOnAfter(20, signals("SIGHUP").next()); console.log("left"); yield* sleep("1h");`),
  );
  await started.printed("left");
  started.process.kill("SIGHUP");
  const { stdout, signal } = await started.ended;
  expect([stdout, signal]).toEqual(["left\n", "SIGHUP"]);
});

test("with handleSignals, the signal reaches the stream and cancels main", REAL, async () => {
  const body = `
    createTask(forEach(signals("SIGTERM", "SIGHUP"), (name) => console.log("stream " + name)));
    try {
      yield* sleep(0);
      console.log("listening");
      yield* sleep("1h");
    } finally {
      yield* sleep(50);
    }`;
  const started = startProgram(program(body, "{ handleSignals: true }"));
  await started.printed("listening");
  started.process.kill("SIGHUP");
  await started.printed("stream SIGHUP");
  started.process.kill("SIGTERM");
  const { stdout } = await started.ended;
  expect(stdout).toBe("listening\nstream SIGHUP\nstream SIGTERM\nrejected with CancelledError\nended\n");
});

test("on a worker thread, which no signal reaches, it is refused", REAL, async () => {
  const { stdout } = await runProgram(`
    import { Worker } from "node:worker_threads";
    const source = \`import { signals } from "brigade/node"; try { signals("SIGTERM") } catch (error) { console.log(String(error)) }\`;
    new Worker(new URL("data:text/javascript," + encodeURIComponent(source.replace('"brigade/node"', JSON.stringify(import.meta.resolve("brigade/node"))))));
  `);
  expect(stdout).toBe(
    "InvalidStateError: signals: no signal reaches a worker thread; listen for SIGTERM on the main one\n",
  );
});
