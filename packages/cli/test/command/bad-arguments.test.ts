/** Each bad argument gets one line, which says what is wrong and what to do, and exit code 2. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { commandLine } from "./command-line.ts";
import { unprivilegedBrigade } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "brigade-arguments-"));
const at = (name: string): string => join(folder, name);
const urls = at("urls.txt");
writeFileSync(urls, "https://example.com/\n");
symlinkSync(urls, at("link.txt"));
mkdirSync(at("folder"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(...words: string[]): Promise<string> {
  const { exitCode, out, err } = await commandLine(words, { stdinIsTerminal: true });
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err).toMatch(/^[^\n]+\n$/);
  return err.trimEnd();
}

const write = "brigade fetch: ";

test.each([
  // Words that are no option, and options without their value.
  [
    ["--concurency", "3"],
    'there is no option "--concurency": did you mean --concurrency? (brigade fetch --help shows all)',
  ],
  [["--perhost=3"], 'there is no option "--perhost": did you mean --per-host? (brigade fetch --help shows all)'],
  [["--verbose"], 'there is no option "--verbose" (brigade fetch --help shows all)'],
  [["-XPOST"], 'there is no option "-XPOST": write -X POST'],
  [["-z"], /^brigade fetch: there is no option "-z"/],
  [["more.txt"], '"more.txt" is one operand too many: fetch takes [FILE]'],
  [["--rate"], "--rate needs a value, such as --rate 50/s"],
  [["-H"], "--header needs a value, such as --header 'Accept: text/html'"],
  [["--rate", "1/s", "--rate", "2/s"], "--rate is given twice: leave one out"],
  [["--resume", "--resume"], "--resume is given twice: leave one out"],
  [["--resume=yes"], "Flag --resume does not accept a value, but got: yes"],
  // Values.
  [["--rate", "50"], '--rate "50": write 50/s (or 50/m, 50/h)'],
  [["--rate", "fast"], /--rate "fast": this is no rate: .* such as 50\/s, 100\/m or 1000\/h/],
  [["--rate", "0/s"], /--rate "0\/s": write more than 0/],
  [["--per-host-rate", "5/d"], /--per-host-rate "5\/d": this is no rate/],
  [
    ["--timeout", "abc"],
    '--timeout "abc": this is no duration: write a number and its unit, such as 500ms, 10s, 2m or 1h',
  ],
  [["--timeout", "10"], '--timeout "10": write the unit too, such as 10s or 10ms'],
  [["--timeout", "0s"], /--timeout "0s": write more than 0/],
  [["--timeout", "-5s"], /--timeout "-5s": this is no duration/],
  [["--connect-timeout", "25h"], /--connect-timeout "25h": write at most 24h/],
  [["--concurrency", "0"], '--concurrency "0": write a whole number from 1 to 10000'],
  [["--concurrency", "1e3"], /--concurrency "1e3": write a whole number/],
  [["--per-host", "many"], /--per-host "many": write a whole number from 1/],
  [["--retries", "-1"], /--retries "-1": write a whole number from 0 to 100/],
  [["--max-bytes", "lots"], /--max-bytes "lots": this is no size: .* such as 64M/],
  [["--max-bytes", "2G"], /--max-bytes "2G": write from 1 to 1G/],
  [["--header", "Accept"], "--header \"Accept\": there is no colon: write 'Name: value'"],
  [["--header", "Acc ept: x"], /what stands before the colon is no header's name/],
  [["--header", "X: a\nY: b"], /--header "X: a\\nY: b": a header's value is one line/],
  [["--header", "X: ☃"], /percent-encode the rest/],
  [["--header", "Content-Length: 3"], /Content-Length is set for each connection: leave this header out/],
  [["--method", "GET POST"], /--method "GET POST": write GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS/],
  [["--method", "connect"], /--method "connect": write GET/],
  [["--proxy", "socks5://127.0.0.1:1080"], /--proxy "socks5:.*": write http:\/\/host:port .* or environment/],
  [["--proxy", "localhost"], /--proxy "localhost": write http:\/\/host:port/],
  [["--user-agent", ""], /--user-agent "": write a name on one line/],
  [["--output", ""], '--output "": write the name of a file'],
  // What does not go together.
  [["--url-template", "https://h/{1..2}"], "FILE and --url-template are both given: leave one out"],
  [["--resume"], "--resume needs to know what is done: name the file of the stopped run with --output"],
  [
    ["--resume", "--overwrite", "--output", at("o")],
    "--resume keeps the output, and --overwrite replaces it: leave one out",
  ],
  [["--overwrite"], "--overwrite replaces a file, and there is none: name it with --output"],
  [["--output", "-"], '--output "-": leave it out, and the lines go to standard output'],
  [["--summary-json", "-"], "--summary-json - and the lines both go to standard output: name a file for one of them"],
  [
    ["--user-agent", "a", "--header", "User-Agent: b"],
    "the user agent is given by --user-agent and by --header: leave one out",
  ],
  [["--data", "x", "--method", "get"], "--data makes a body, and GET has none: use --method POST, or leave one out"],
  // Files.
  [["--data", `@${at("none")}`], /--data ".*none": there is no such file: look at its path/],
  [["--output", at("folder")], /--output ".*folder": this is a folder: name a file/],
  [["--output", at("none/out.jsonl")], /--output ".*": the folder ".*none" is not there: make it first/],
  [["--output-dir", urls], /--output-dir ".*urls\.txt": this is a file: name a folder/],
  [["--timeline", at("none/t.html")], /--timeline ".*": the folder ".*none" is not there/],
  [["--cookies", at("folder")], /--cookies ".*folder": this is a folder/],
  [["--output", urls], /^brigade fetch: FILE and --output are the same file, ".*urls\.txt": name two files$/],
  [["--output", at("link.txt")], /FILE and --output are the same file/],
  [["--output", at("x"), "--warc", `${folder}/folder/../x`], /--output and --warc are the same file/],
] as const)("brigade fetch urls.txt %j", async (words, message) => {
  const line = await refusal("fetch", urls, ...words);
  if (typeof message === "string") expect(line).toBe(write + message);
  else expect(line).toMatch(message);
  expect(line.startsWith(write)).toBe(true);
});

test.each([
  [["fetch"], "there are no URLs: name a file of URLs, or use --url-template (brigade fetch --help shows more)"],
  [["fetch", at("none.txt")], /^brigade fetch: FILE ".*none\.txt": there is no such file: look at its path$/],
  [["fetch", at("folder")], /^brigade fetch: FILE ".*folder": this is a folder: name a file$/],
  [
    ["fetch", "https://example.com/"],
    /FILE "https:\/\/example\.com\/" is a URL: for a few URLs, write {2}echo 'https:/,
  ],
  [["fetch", "--url-template", "example.com/{1..2}"], /--url-template "example.*": write it with its scheme/],
  [["fetch", ""], /FILE "": write the name of a file/],
] as const)("brigade %j", async (words, message) => {
  const line = await refusal(...words);
  if (typeof message === "string") expect(line).toBe(write + message);
  else expect(line).toMatch(message);
});

test.each([
  [["fetc", "urls.txt"], 'brigade: there is no command "fetc": did you mean fetch? (brigade --help shows all)'],
  [["paint"], 'brigade: there is no command "paint" (brigade --help shows all)'],
  [["--concurrency", "3"], 'brigade: there is no option "--concurrency" (brigade --help shows all)'],
  [["completion"], "brigade: name a shell: brigade completion bash, zsh or fish"],
  [["completion", "csh"], 'brigade: there is no completion for "csh": bash, zsh and fish have one'],
  [["help", "paint"], 'brigade: there is no command "paint" (brigade --help shows all)'],
])("brigade %j", async (words, message) => {
  expect(await refusal(...words)).toBe(message);
});

test("a long or many-lined word stays on one line, cut", async () => {
  const line = await refusal("fetch", urls, "--timeout", `a\nb${"x".repeat(500)}`);
  expect(line.length).toBeLessThan(250);
});

test("what may not be read or written is told before anything runs", async () => {
  const locked = at("locked.txt");
  writeFileSync(locked, "");
  chmodSync(locked, 0o000);
  const read = await unprivilegedBrigade("fetch", locked);
  expect(read.stderr).toMatch(/you may not read it: give yourself the right, or name another file/);
  const written = await unprivilegedBrigade("fetch", urls, "--output", locked);
  expect(written.stderr).toMatch(/you may not write there/);
  expect([read.exitCode, written.exitCode]).toEqual([2, 2]);
});
