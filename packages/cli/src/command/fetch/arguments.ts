/** The arguments of `brigade fetch`: names, defaults, and what the help says of each. */
import { object } from "@optique/core/constructs";
import { text } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument } from "@optique/core/primitives";
import type { FetchOptions } from "../../fetch/options.ts";
import { repeated, setting, settingWithDefault, switched, under } from "../settings.ts";
import { engine } from "../values/engine.ts";
import { data, file, folder } from "../values/files.ts";
import { count, duration, rate, size } from "../values/numbers.ts";
import { header, method, proxy, urlTemplate, userAgent } from "../values/requests.ts";

/** As they were given; `FetchOptions` is what comes of them. */
export interface FetchArguments extends Omit<FetchOptions, "source" | "method" | "headers" | "data" | "command"> {
  readonly file: string | undefined;
  readonly templates: readonly string[];
  readonly method: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly data: string | undefined;
}

const input = under("Input", {
  file: optional(
    argument(file(), {
      description: [
        text(
          "A file with one URL per line, or - for standard input. Blank lines and lines that begin with # are skipped.",
        ),
      ],
      errors: { invalidValue: (error) => [text("FILE "), ...error] },
    }),
  ),
  templates: repeated(
    ["--url-template"],
    urlTemplate(),
    "URLs from a pattern instead of a file: {1..500}, {001..100}, {0..100..5}, {a,b,c}. May be given several times.",
  ),
  dedupe: switched(["--dedupe"], "Fetch a URL that comes again only once."),
});

const limits = under("Limits", {
  concurrency: settingWithDefault(["--concurrency"], count(1, 10_000), 10, "Requests in flight at once."),
  perHost: setting(["--per-host"], count(1, 10_000), "Requests in flight at once to one host."),
  rate: setting(["--rate"], rate(), "Requests started per s, m or h, evenly spread, such as 50/s."),
  perHostRate: setting(["--per-host-rate"], rate(), "The same for each host."),
  adaptive: switched(
    ["--adaptive"],
    "Find out how much each host bears: more while answers come, less after 429, 503 and timeouts.",
  ),
  timeout: settingWithDefault(["--timeout"], duration({ zero: false }), 30_000, "The longest that one attempt takes."),
  connectTimeout: settingWithDefault(
    ["--connect-timeout"],
    duration({ zero: false }),
    10_000,
    "The longest that connecting takes.",
  ),
  retries: settingWithDefault(
    ["--retries"],
    count(0, 100),
    2,
    "How often a request that failed for a passing reason is tried again; POST and PATCH only where nothing was sent.",
  ),
  retryAfterMax: settingWithDefault(
    ["--retry-after-max"],
    duration({ zero: true }),
    60_000,
    "The longest wait that a server may ask for (Retry-After); if it asks for more, the URL has failed.",
  ),
  maxBytes: settingWithDefault(
    ["--max-bytes"],
    size(),
    64 * 1_024 ** 2,
    "The largest body, decompressed; a larger one is an error.",
  ),
  failFast: switched(["--fail-fast"], "Stop at the first URL that fails."),
});

const machines = under("Many machines", {
  engine: setting(
    ["--engine"],
    engine(),
    "Let the workers on all machines that share it make the requests (brigade worker --fetch); the limits hold for all " +
      "of them together: bullmq or redis://…, pg-boss or postgres://…, local or local:FOLDER.",
  ),
});

const requests = under("Requests", {
  method: setting(["-X", "--method"], method(), "GET unless it is given; with --data, POST."),
  headers: repeated(
    ["-H", "--header"],
    header(),
    "A header of each request: 'Name: value'. May be given several times.",
  ),
  data: setting(
    ["-d", "--data"],
    data(),
    "The body of each request: a text, or @file for what is in a file, as it is.",
  ),
  userAgent: setting(
    ["--user-agent"],
    userAgent(),
    "The name that servers see. Otherwise brigade-fetch and its version.",
  ),
  cookies: setting(["--cookies"], file(), "Keep cookies: read from this file (cookies.txt), written back at the end."),
  proxy: setting(
    ["--proxy"],
    proxy(),
    "Send everything through a proxy; environment stands for HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",
  ),
  http2: switched(["--http2"], "Speak HTTP/2 with servers that can."),
  robots: switched(["--robots"], "Obey each site's robots.txt."),
});

const output = under("Output", {
  output: setting(["-o", "--output"], file(), "Where the lines go. Otherwise standard output."),
  overwrite: switched(["--overwrite"], "Replace what is in the output files."),
  ordered: switched(["--ordered"], "Lines in the order of the input, not as the URLs end."),
  outputDir: setting(
    ["--output-dir"],
    folder(),
    "Bodies become files here, named by their digest; lines name the file instead of holding the body.",
  ),
  warc: setting(
    ["--warc"],
    file(),
    "Write an archive of requests and responses too: WARC 1.1, compressed for .warc.gz.",
  ),
});

const resume = under("Resume", {
  resume: switched(
    ["--resume"],
    "Go on where the run that wrote --output was stopped: what is in it is not fetched again.",
  ),
});

const display = under("Display", {
  quiet: switched(["-q", "--quiet"], "Show nothing while it runs, and no summary."),
  summaryJson: setting(["--summary-json"], file(), "Write the summary as JSON; - for standard output."),
  timeline: setting(["--timeline"], file(), "Write a page that shows each request over time, such as timeline.html."),
});

/** One object, not a merger of six: it knows that what follows `--method` is a method and no FILE, when a shell asks. */
export const fetchArguments: Parser<"sync", FetchArguments> = object({
  ...input,
  ...limits,
  ...machines,
  ...requests,
  ...output,
  ...resume,
  ...display,
});
