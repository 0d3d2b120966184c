/** SIGINT and SIGTERM with handleSignals: the first cancels main and lets cleanup run, the second ends the process at once. */
import { expect, test } from "vitest";
import { type Ended, runProgram, startProgram } from "../program.ts";

const REAL = { timeout: 20_000 };

/** Waits for a signal; its cleanup takes so long. */
const waitingProgram = (cleanup: string, options = "{ handleSignals: true }"): string => `
  import { run, sleep } from "brigade";
  const main = function* () {
    try {
      console.log("waiting");
      yield* sleep("1h");
    } finally {
      console.log("cleaning");
      yield* sleep("${cleanup}");
      console.log("clean");
    }
  };
  run(main, ${options}).then(
    () => console.log("ended"),
    (error) => console.log("rejected with " + error.name),
  );
`;

/** Ended by the signal itself, or with the exit code that shells know for it. */
const endedBy = (ended: Ended, signal: "SIGINT" | "SIGTERM"): boolean =>
  ended.signal === signal || ended.code === (signal === "SIGINT" ? 130 : 143);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`the first ${signal} cancels main, whose cleanup runs to its end`, REAL, async () => {
    const program = startProgram(waitingProgram("100ms"));
    await program.printed("waiting");
    program.process.kill(signal);
    const { stdout, stderr } = await program.ended;
    expect(stdout).toBe("waiting\ncleaning\nclean\nrejected with CancelledError\n");
    expect(stderr).toBe("");
  });

  test(`a second ${signal} ends the process at once, in the middle of its cleanup`, REAL, async () => {
    const program = startProgram(waitingProgram("1h"));
    await program.printed("waiting");
    program.process.kill(signal);
    await program.printed("cleaning");
    const sent = performance.now();
    program.process.kill(signal);
    const ended = await program.ended;
    expect(performance.now() - sent).toBeLessThan(3_000);
    expect(endedBy(ended, signal), `code ${ended.code}, signal ${ended.signal}`).toBe(true);
    expect(ended.stdout).toBe("waiting\ncleaning\n");
  });

  test(`without handleSignals ${signal} ends the process as ever`, REAL, async () => {
    const program = startProgram(waitingProgram("1h", "{}"));
    await program.printed("waiting");
    program.process.kill(signal);
    const ended = await program.ended;
    expect(ended.signal).toBe(signal);
    expect(ended.stdout).toBe("waiting\n");
  });
}

test("a second signal of the other kind ends the process, too", REAL, async () => {
  const program = startProgram(waitingProgram("1h"));
  await program.printed("waiting");
  program.process.kill("SIGTERM");
  await program.printed("cleaning");
  program.process.kill("SIGINT");
  const ended = await program.ended;
  expect(endedBy(ended, "SIGINT"), `code ${ended.code}, signal ${ended.signal}`).toBe(true);
  expect(ended.stdout).toBe("waiting\ncleaning\n");
});

test("the first signal cancels the children of main's group, and their cleanup runs before main's", REAL, async () => {
  const program = startProgram(`
    import { gather, run, sleep, taskGroup } from "brigade";
    const worker = function* (name, ms) {
      try { yield* sleep("1h"); } finally { yield* sleep(ms); console.log(name + " clean"); }
    };
    run(function* () {
      try {
        yield* taskGroup(function* (group) {
          group.createTask(worker("a", 20));
          console.log("waiting");
          yield* gather([worker("b", 40), worker("c", 60)]);
        });
      } finally { console.log("main clean"); }
    }, { handleSignals: true }).catch((error) => console.log(error.name));
  `);
  await program.printed("waiting");
  // One turn for the children, which start after main has said that it waits.
  await new Promise((resolve) => setTimeout(resolve, 100));
  program.process.kill("SIGINT");
  const { stdout } = await program.ended;
  const lines = stdout.split("\n");
  expect(lines.slice(1, 4).toSorted()).toEqual(["a clean", "b clean", "c clean"]);
  expect(lines.slice(4)).toEqual(["main clean", "CancelledError", ""]);
});

test("while it runs, handleSignals has one listener for each signal, and none when run has ended", REAL, async () => {
  const { stdout } = await runProgram(`
    import { run, sleep } from "brigade";
    const count = () => ["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name)).join(" ");
    const main = function* () { yield* sleep(1); return count(); };
    console.log(count());
    console.log(await run(main, { handleSignals: true }));
    console.log(count());
    await run(function* () { throw new Error("fails"); }, { handleSignals: true }).catch(() => {});
    console.log(count());
    console.log(await run(main));
  `);
  expect(stdout).toBe("0 0\n1 1\n0 0\n0 0\n0 0\n");
});

test("a signal after run has ended ends the process as ever", REAL, async () => {
  const program = startProgram(`
    import { run, sleep } from "brigade";
    await run(sleep(1), { handleSignals: true });
    setTimeout(() => console.log("never"), 10_000);
    console.log("after");
  `);
  await program.printed("after");
  program.process.kill("SIGINT");
  expect((await program.ended).signal).toBe("SIGINT");
});

test("a signal cancels every run in progress that handles signals", REAL, async () => {
  const program = startProgram(`
    import { run, sleep } from "brigade";
    const main = (name) => function* () {
      try { console.log("waiting " + name); yield* sleep("1h"); } finally { yield* sleep(20); console.log("clean " + name); }
    };
    const runs = ["a", "b"].map((name) => run(main(name), { handleSignals: true }));
    const endings = await Promise.allSettled(runs);
    console.log(endings.map((ending) => ending.reason.name).join(" "));
  `);
  await program.printed("waiting b");
  program.process.kill("SIGINT");
  const { stdout } = await program.ended;
  expect(stdout.split("\n").slice(2).toSorted()).toEqual(["", "CancelledError CancelledError", "clean a", "clean b"]);
});

test("a signal that comes while the loop is busy cancels main within the host's turn", REAL, async () => {
  const program = startProgram(`
    import { createTask, run, sleep } from "brigade";
    const busy = function* () { for (;;) yield* sleep(0); };
    run(function* () {
      try {
        for (let i = 0; i < 100; i++) createTask(busy());
        console.log("waiting");
        yield* busy();
      } finally { console.log("clean"); }
    }, { handleSignals: true }).catch((error) => console.log(error.name));
  `);
  await program.printed("waiting");
  program.process.kill("SIGINT");
  const { stdout } = await program.ended;
  expect(stdout).toBe("waiting\nclean\nCancelledError\n");
});
