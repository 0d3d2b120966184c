/** The help: complete, within the screen, and the same for everybody. */
import { expect, test } from "vitest";
import type { Command } from "../../src/command/command.ts";
import { commands } from "../../src/command/commands.ts";
import { commandLine } from "./command-line.ts";

const linesOf = (text: string): string[] => text.trimEnd().split("\n");

test("brigade alone shows the help where mistakes are told, with exit code 2", async () => {
  const { exitCode, out, err } = await commandLine([]);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err).toMatch(/^Usage: brigade COMMAND \[OPTION\.\.\.\]$/m);
});

test("brigade --help lists the commands and says how to begin", async () => {
  const { exitCode, out, err } = await commandLine(["--help"]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(out).toMatchInlineSnapshot(`
    "Runs programs of coroutines, shows what they wait for, fetches many URLs, and runs jobs
    Usage: brigade COMMAND [OPTION...]

      run                         Run a program whose main is a coroutine, and see what it waits for
      timeline                    Show a trace: which task waited when, for what and where
      advise                      Say what to change in a recorded program, and what that would save
      export                      Write a trace in a format of other programs
      top                         Show the task tree of a running program, live
      dump                        Print what every task of a running program waits for, once
      inspect                     Show a running program, or a trace, as a web page
      fetch                       Fetch many URLs: bounded, retried, resumable, one JSON line for each
      worker                      Run the jobs that programs submit, here or from other machines
      jobs                        Show a queue of jobs and what has failed for good, and put it back
      completion                  Generate shell completion script or provide completions.

    Options:
      -h, --help                  Show help information.
      --version                   Show version information.

    Begin with \`brigade run --help\`
    "
  `);
  expect(await commandLine(["-h"])).toMatchObject({ out });
  expect(await commandLine(["help"])).toMatchObject({ out });
});

test("brigade --version prints the version and nothing else", async () => {
  expect(await commandLine(["--version"])).toMatchObject({ exitCode: 0, out: "1.2.3\n", err: "" });
});

test("brigade fetch --help tells every option by group, with its default, examples and exit codes", async () => {
  const { exitCode, out } = await commandLine(["fetch", "--help"]);
  expect(exitCode).toBe(0);
  const titles = linesOf(out).filter((line) => /^[A-Z][a-z ]+:$/.test(line));
  expect(titles).toEqual([
    "Input:",
    "Limits:",
    "Many machines:",
    "Requests:",
    "Output:",
    "Resume:",
    "Display:",
    "Examples:",
    "Exit codes:",
  ]);
  const options = [...out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map((match) => match[1]);
  expect(options).toMatchInlineSnapshot(`
    [
      "--url-template",
      "--dedupe",
      "--concurrency",
      "--per-host",
      "--rate",
      "--per-host-rate",
      "--adaptive",
      "--timeout",
      "--connect-timeout",
      "--retries",
      "--retry-after-max",
      "--max-bytes",
      "--fail-fast",
      "--engine",
      "--method",
      "--header",
      "--data",
      "--user-agent",
      "--cookies",
      "--proxy",
      "--http2",
      "--robots",
      "--output",
      "--overwrite",
      "--ordered",
      "--output-dir",
      "--warc",
      "--resume",
      "--quiet",
      "--summary-json",
      "--timeline",
    ]
  `);
  expect(out).toMatch(/--concurrency N +Requests in flight at once\. Default: 10\./);
  expect(out).toMatch(/--timeout TIME .* Default: 30s\./);
  for (const code of [0, 1, 2, 130]) expect(out).toMatch(new RegExp(`^ {2}${code} +\\S`, "m"));
  expect(await commandLine(["help", "fetch"])).toMatchObject({ exitCode: 0, out });
  expect(await commandLine(["fetch", "urls.txt", "--rate", "x", "--help"])).toMatchObject({ exitCode: 0, out });
});

test.each([60, 80, 100, 300])("the options of every command fit a screen of %d columns", async (width) => {
  for (const { text } of commands) {
    const { exitCode, out } = await commandLine([text.name, "--help"], { width });
    expect(exitCode).toBe(0);
    const options = out.slice(0, out.indexOf("Examples:"));
    const longest = Math.max(...linesOf(options).map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(Math.min(width, 100));
    expect(out).not.toMatch(/ $/m);
  }
});

test.each(commands.map(({ text }) => text.name))(
  "brigade %s --help has its operands first, examples and exit codes",
  async (name) => {
    const { out } = await commandLine([name, "--help"]);
    const [first] = /^ {2}\S+/m.exec(out) ?? [];
    const { operands, exitCodes } = (commands.find(({ text }) => text.name === name) as Command).text;
    if (operands !== "") expect(`  ${operands.replace(/^\[|[\] ].*$/g, "")}`).toBe(first);
    for (const [code] of exitCodes) expect(out).toMatch(new RegExp(`^ {2}${code} +\\S`, "m"));
    expect(out).toMatch(new RegExp(`^ {4}.*brigade ${name} `, "m"));
    expect(await commandLine(["help", name])).toMatchObject({ exitCode: 0, out });
  },
);

test("colours are for terminals", async () => {
  const escape = "\u001b[";
  expect((await commandLine(["fetch", "--help"])).out).not.toContain(escape);
  expect((await commandLine(["fetch", "--help"], { colors: true })).out).toContain(escape);
});

test("brigade completion --help says where each shell wants its script", async () => {
  const { exitCode, out } = await commandLine(["completion", "--help"]);
  expect(exitCode).toBe(0);
  for (const shell of ["bash", "zsh", "fish"])
    expect(out).toMatch(new RegExp(`${shell} +.*brigade completion ${shell}`));
});
