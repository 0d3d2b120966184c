/** What the help and the manual page of `brigade fetch` say beside its options. */
import type { CommandText } from "../command.ts";

export const fetchText: CommandText = {
  name: "fetch",
  operands: "[FILE]",
  summary: "Fetch many URLs: bounded, retried, resumable, one JSON line for each",
  paragraphs: [
    "Fetches each URL of FILE, of standard input, or of a template, and writes one line of JSON for each as it ends: " +
      "status, times, attempts, error, and the body. A URL that fails has a line too, and the others go on.",
    "A URL has succeeded when its last status, after redirects and retries, is below 400.",
  ],
  examples: [
    { what: "Fetch the URLs of a file, ten at a time:", lines: ["brigade fetch urls.txt --output results.jsonl"] },
    {
      what: "Ask one API 500 times, at most 4 at once and 50 a second:",
      lines: [
        "brigade fetch --url-template 'https://api.example.com/items/{1..500}' \\",
        "  --per-host 4 --rate 50/s --output items.jsonl",
      ],
    },
    {
      what: "Go on after an interruption, a crash or a full disk:",
      lines: ["brigade fetch urls.txt --output results.jsonl --resume"],
    },
    {
      what: "From one program to the next:",
      lines: ["cat urls.txt | brigade fetch --quiet | jq -r 'select(.ok | not) | .url'"],
    },
    {
      what: "Let other machines make the requests, with limits that hold for all of them together:",
      lines: [
        "brigade worker --fetch --engine redis://queue.example:6379 --concurrency 64     # on each of them",
        "brigade fetch urls.txt --engine redis://queue.example:6379 --concurrency 500 --per-host 8 --output results.jsonl",
      ],
    },
    { what: "Keep the bodies as files:", lines: ["brigade fetch urls.txt --output-dir bodies --output results.jsonl"] },
  ],
  exitCodes: [
    [0, "every URL succeeded"],
    [1, "some URLs failed: the lines tell which and why"],
    [2, "an argument is wrong, or the input can't be read, or the output can't be written"],
    [130, "interrupted, by Ctrl-C for one: what is done is written, and --resume goes on"],
  ],
};
