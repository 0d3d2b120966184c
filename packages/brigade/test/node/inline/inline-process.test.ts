/** toThread in processes of their own: where no test runner rewrites import(). */
import { expect, test } from "vitest";
import { runProgram } from "../../program.ts";

const REAL = { timeout: 20_000 };

test("import() of what the host brings, and of packages, works inside", REAL, async () => {
  const { stdout, stderr } = await runProgram(`
    import { run } from "brigade";
    import { toThread } from "brigade/node";
    await run(function* () {
      console.log(yield* toThread(async (path) => (await import("node:fs")).existsSync(path), "/"));
      console.log(yield* toThread(async () => typeof (await import("acorn")).parse));
      try { yield* toThread(() => import.meta.url); } catch (error) { console.log(String(error)); }
    });
    // The host gives the ports of a thread that has ended back in its next turns.
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    console.log(process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort/.test(name)).length);
  `);
  expect(stderr).toBe("");
  expect(stdout).toBe(
    "true\nfunction\nTypeError: toThread: the function can't run in a thread: " +
      "import.meta is that of another module in the thread (its line 1)\n0\n",
  );
});

test("without acorn it says what to install", REAL, async () => {
  const { stdout } = await runProgram(`
    import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      if (name !== "acorn") return next(name, context);
      throw Object.assign(new Error("Cannot find package 'acorn'"), { code: "ERR_MODULE_NOT_FOUND" });
    } });
    const { run } = await import("brigade");
    const { toThread } = await import("brigade/node");
    await run(toThread(() => 1)).catch((error) => console.log(error.message, "/", error.cause.message));
  `);
  expect(stdout).toBe(
    `toThread needs the packages acorn and eslint-scope: run "npm install acorn eslint-scope" / Cannot find package 'acorn'\n`,
  );
});
