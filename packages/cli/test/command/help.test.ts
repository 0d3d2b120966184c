/** The help: complete, within the screen, and the same for everybody. */
import { expect, test } from "vitest";
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
    "Many things at once, bounded, from the command line
    Usage: brigade COMMAND [OPTION...]

      fetch                       Fetch many URLs: bounded, retried, resumable, one JSON line for each
      completion                  Generate shell completion script or provide completions.

    Options:
      -h, --help                  Show help information.
      --version                   Show version information.

    Begin with \`brigade fetch --help\`
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
  for (const code of [0, 1, 2, 130]) expect(out).toMatch(new RegExp(`^ {2}${code} +\\w`, "m"));
  expect(await commandLine(["help", "fetch"])).toMatchObject({ exitCode: 0, out });
  expect(await commandLine(["fetch", "urls.txt", "--rate", "x", "--help"])).toMatchObject({ exitCode: 0, out });
});

test.each([60, 80, 100, 300])("the options fit a screen of %d columns", async (width) => {
  const { out } = await commandLine(["fetch", "--help"], { width });
  const options = out.slice(0, out.indexOf("Examples:"));
  const longest = Math.max(...linesOf(options).map((line) => line.length));
  expect(longest).toBeLessThanOrEqual(Math.min(width, 100));
  expect(out).not.toMatch(/ $/m);
});

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
