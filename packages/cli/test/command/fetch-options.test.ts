/** What the arguments of `brigade fetch` come to. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { asked, commandLine } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "brigade-options-"));
const urls = join(folder, "urls.txt");
writeFileSync(urls, "https://example.com/\n");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("without options the defaults hold that the help tells", () => {
  expect(asked(urls)).toEqual({
    source: { kind: "file", path: urls },
    concurrency: 10,
    perHost: undefined,
    rate: undefined,
    perHostRate: undefined,
    adaptive: false,
    timeout: 30_000,
    connectTimeout: 10_000,
    retries: 2,
    retryAfterMax: 60_000,
    method: "GET",
    headers: [],
    data: undefined,
    proxy: undefined,
    http2: false,
    cookies: undefined,
    userAgent: "brigade-fetch/1.2.3",
    robots: false,
    dedupe: false,
    failFast: false,
    maxBytes: 64 * 1_024 * 1_024,
    output: undefined,
    overwrite: false,
    outputDir: undefined,
    ordered: false,
    warc: undefined,
    resume: false,
    quiet: false,
    summaryJson: undefined,
    timeline: undefined,
    command: ["brigade", "fetch", urls],
  });
});

test("every option of the issue reaches what fetches", () => {
  const at = (name: string): string => join(folder, name);
  const line = `--concurrency 50 --per-host 4 --rate 50/s --per-host-rate 10/m --adaptive --timeout 10s --connect-timeout 3s
    --retries 3 --retry-after-max 2m --method put --data body --proxy http://127.0.0.1:3128 --http2
    --cookies ${at("cookies.txt")} --user-agent me/1 --robots --dedupe --fail-fast --max-bytes 1M --output ${at("out.jsonl")}
    --overwrite --ordered --output-dir ${at("bodies")} --warc ${at("all.warc.gz")} --quiet --summary-json - --timeline ${at("t.html")}`;
  const options = asked(urls, ...line.split(/\s+/), "-H", "Accept: text/html", "--header=X-A:b: c");
  expect(options).toMatchObject({
    concurrency: 50,
    perHost: 4,
    rate: "50/s",
    perHostRate: "10/m",
    adaptive: true,
    timeout: 10_000,
    connectTimeout: 3_000,
    retries: 3,
    retryAfterMax: 120_000,
    method: "PUT",
    headers: [
      ["Accept", "text/html"],
      ["X-A", "b: c"],
    ],
    data: new TextEncoder().encode("body"),
    proxy: "http://127.0.0.1:3128",
    http2: true,
    cookies: at("cookies.txt"),
    userAgent: "me/1",
    robots: true,
    dedupe: true,
    failFast: true,
    maxBytes: 1_048_576,
    output: at("out.jsonl"),
    overwrite: true,
    ordered: true,
    outputDir: at("bodies"),
    warc: at("all.warc.gz"),
    quiet: true,
    summaryJson: "-",
    timeline: at("t.html"),
  });
});

test("--resume goes on with the file of --output", () => {
  expect(asked(urls, "--resume", "-o", join(folder, "out.jsonl"))).toMatchObject({ resume: true });
});

test("without a file, URLs come from standard input, and so they do for -", () => {
  expect(asked().source).toEqual({ kind: "stdin" });
  expect(asked("-").source).toEqual({ kind: "stdin" });
});

test("templates are kept in their order", () => {
  const templates = ["https://a.example/{1..3}", "http://b.example/{a,b}"];
  const words = templates.flatMap((template) => ["--url-template", template]);
  expect(asked(...words).source).toEqual({ kind: "templates", templates });
});

test("a file whose name begins with a hyphen comes after --", async () => {
  const odd = await commandLine(["fetch", "--", "--urls.txt"]);
  expect(odd.err).toMatch(/FILE "--urls\.txt": there is no such file/);
});

test("data makes the method POST, and comes from a file as it is", () => {
  const body = join(folder, "body.bin");
  writeFileSync(body, Buffer.from([0, 10, 13, 255]));
  const { method, data } = asked(urls, "--data", `@${body}`);
  expect(method).toBe("POST");
  expect([...(data ?? [])]).toEqual([0, 10, 13, 255]);
});

test.each([
  ["500ms", 500],
  ["1.5s", 1_500],
  ["2m", 120_000],
  ["1h", 3_600_000],
])("--timeout %s is %d ms", (word, milliseconds) => {
  expect(asked(urls, "--timeout", word).timeout).toBe(milliseconds);
});

test.each([
  ["1000", 1_000],
  ["64K", 65_536],
  ["1.5M", 1_572_864],
  ["1g", 1_073_741_824],
  ["2MiB", 2_097_152],
])("--max-bytes %s is %d bytes", (word, bytes) => {
  expect(asked(urls, "--max-bytes", word).maxBytes).toBe(bytes);
});

test("a header may give the user agent, and methods of others' making stay as they are", () => {
  const options = asked(urls, "--header", "user-agent: other", "--method", "PURGE");
  expect(options).toMatchObject({ userAgent: undefined, headers: [["user-agent", "other"]], method: "PURGE" });
});

test("/dev/null may serve several times", () => {
  const options = asked(urls, "--output", "/dev/null", "--warc", "/dev/null");
  expect(options).toMatchObject({ output: "/dev/null", warc: "/dev/null" });
});
