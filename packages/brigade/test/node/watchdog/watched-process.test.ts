/** watchBlocking in a process of its own: stopped, debugged, ended, and with nobody to report to. In real time, as processes are. */
import { expect, test } from "vitest";
import { type Program, runProgram, startProgram } from "../../program.ts";

const REAL = { timeout: 30_000 };

const program = (body: string, options = ""): string => `
  import { run, sleep, use } from "brigade";
  import { watchBlocking } from "brigade/node";
  const block = (duration) => { for (const until = performance.now() + duration; performance.now() < until;); };
  await run(use(watchBlocking(${options}), function* (watchdog) {
    ${body}
  }));
  console.log("ended");
`;

test(
  "without anybody to report to, stderr has the stack while it lasts, and one line when it is over",
  REAL,
  async () => {
    const { stdout, stderr, code } = await runProgram(program("yield* sleep(10); block(400); yield* sleep(50);"));
    expect(stdout).toBe("ended\n");
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^brigade: the loop has been blocked for \d+ ms by task "main" in .*\n {4}at block .*\n(?: {4}at .*\n)+brigade: the loop was blocked for [34]\d\d ms by task "main" in .*, at block .*\n$/,
    );
  },
);

test("a process that was stopped, and goes on, was not blocked", REAL, async () => {
  const started = startProgram(program(`console.log("ready"); yield* sleep(1_500); console.log(watchdog.blocks);`));
  await started.printed("ready");
  started.process.kill("SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 800));
  started.process.kill("SIGCONT");
  const { stdout, stderr } = await started.ended;
  expect(stdout).toBe("ready\n0\nended\n");
  expect(stderr).toBe("");
});

test("a program that blocks before it watches, in its imports for instance, is not reported", REAL, async () => {
  const { stderr } = await runProgram(`const until = performance.now() + 300; while (performance.now() < until);
    ${program("yield* sleep(10);")}`);
  expect(stderr).toBe("");
});

test("process.exit in a blocked loop, and a deadlock, end a watched process as ever", REAL, async () => {
  const exited = await runProgram(program(`yield* sleep(10); block(300); process.exit(7);`, "{ descriptor: false }"));
  expect([exited.code, exited.stderr]).toEqual([7, ""]);
  const stuck = await runProgram(program(`yield* new Event().wait();`).replace("{ run,", "{ Event, run,"));
  expect(stuck.code).toBe(1);
  expect(stuck.stderr).toContain("DeadlockError");
});

/** A debugger of the program, over the protocol of --inspect. */
async function attach(started: Program): Promise<{ paused: () => number; resume: () => void; close: () => void }> {
  const url = await new Promise<string>((resolve) => {
    let text = "";
    started.process.stderr?.on("data", (chunk: Buffer | string) => {
      text += String(chunk);
      const match = /ws:\/\/\S+/.exec(text);
      if (match) resolve(match[0]);
    });
  });
  const socket = new WebSocket(url);
  let paused = 0;
  const attached = Promise.withResolvers<void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, method } = JSON.parse(String(data)) as { readonly id?: number; readonly method?: string };
    if (id === 1) attached.resolve();
    if (method === "Debugger.paused") paused++;
  });
  socket.addEventListener("open", () => socket.send('{"id":1,"method":"Debugger.enable"}'));
  await attached.promise;
  return {
    paused: () => paused,
    resume: () => socket.send('{"id":2,"method":"Debugger.resume"}'),
    close: () => socket.close(),
  };
}

test("a program that a debugger has stopped is not blocked", REAL, async () => {
  const body = `while (!globalThis.go) yield* sleep(10); debugger; yield* sleep(100); console.log(watchdog.blocks);`;
  const source = `process.once("SIGUSR2", () => { globalThis.go = true; }); console.log("ready"); ${program(body)}`;
  const started = startProgram(source, ["--inspect=127.0.0.1:0"]);
  const client = await attach(started);
  await started.printed("ready");
  started.process.kill("SIGUSR2");
  while (client.paused() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 600));
  client.resume();
  await started.printed("0\nended");
  client.close();
  const { stderr } = await started.ended;
  expect(stderr).not.toContain("brigade:");
});

test("a debugger that is attached is not stopped by a block, which is reported", REAL, async () => {
  const body = `while (!globalThis.go) yield* sleep(10); block(500); yield* sleep(100); console.log(watchdog.blocks);`;
  const source = `process.once("SIGUSR2", () => { globalThis.go = true; }); console.log("ready"); ${program(body)}`;
  const started = startProgram(source, ["--inspect=127.0.0.1:0"]);
  const client = await attach(started);
  await started.printed("ready");
  started.process.kill("SIGUSR2");
  await started.printed("1\nended");
  expect(client.paused()).toBe(0);
  client.close();
  const { stderr } = await started.ended;
  expect(stderr).toMatch(/brigade: the loop has been blocked for \d+ ms by task "main" in .*, at block /);
});
