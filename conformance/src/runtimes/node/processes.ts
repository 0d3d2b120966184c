/** Subprocesses. */
import { moveOnAfter, use } from "brigade";
import { exec, ExitError, pipeline, spawn, SpawnError } from "brigade/node";
import { type Check, failureOf } from "./check.ts";

export const processChecks: readonly Check[] = [
  {
    claim: "exec: the output, and what goes in",
    *sees() {
      const { stdout, exitCode } = yield* exec("cat", [], { input: "wörld" });
      return [stdout, exitCode];
    },
    expected: ["wörld", 0],
  },
  {
    claim: "exec: an exit code that is not 0, and a command that is not there",
    *sees() {
      try {
        yield* exec("sh", ["-c", "echo broken >&2; exit 3"]);
      } catch (error) {
        if (!(error instanceof ExitError)) return String(error);
        const missing = yield* failureOf(() => exec("no-such-command"));
        return [error.exitCode, String(error.stderr).trim(), missing === SpawnError.name];
      }
      return "no error";
    },
    expected: [3, "broken", true],
  },
  {
    claim: "exec: cancellation ends the process and what it has started",
    *sees() {
      const begun = performance.now();
      const result = yield* moveOnAfter(300, exec("sh", ["-c", "sleep 30 & sleep 30"]));
      return [result === undefined, performance.now() - begun < 10_000];
    },
    expected: [true, true],
  },
  {
    claim: "spawn: lines in, lines out",
    *sees() {
      return yield* use(spawn("cat"), function* (cat) {
        yield* cat.stdin.write("one\ntwo\n");
        const first = yield* cat.stdout.readLine();
        yield* cat.stdin.end("three");
        const rest = yield* cat.stdout.text();
        const { exitCode } = yield* cat.wait();
        return [first, rest, exitCode];
      });
    },
    expected: ["one", "two\nthree", 0],
  },
  {
    claim: "pipeline",
    *sees() {
      const { stdout } = yield* pipeline([
        ["printf", ["b\\na\\nb\\n"]],
        ["sort", []],
        ["uniq", []],
      ]);
      return stdout;
    },
    expected: "a\nb\n",
  },
];
