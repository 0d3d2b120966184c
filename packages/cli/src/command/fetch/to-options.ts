/** From the arguments of `brigade fetch` to what it has to do: what the arguments say together, and what they say of files. */
import { existsSync } from "node:fs";
import type { FetchOptions, UrlSource } from "../../fetch/options.ts";
import { assertDistinct, assertFolder, assertReadable, assertWritable, readBytes } from "../values/files.ts";
import { UsageError } from "../usage-error.ts";
import type { FetchArguments } from "./arguments.ts";

export interface Circumstances {
  readonly version: string;
  readonly stdinIsTerminal: boolean;
  /** As it was typed. */
  readonly command: readonly string[];
}

/** Throws UsageError. */
export function toOptions(given: FetchArguments, circumstances: Circumstances): FetchOptions {
  const { file, templates, method, headers, data, ...rest } = given;
  const source = sourceOf(file, templates, circumstances);
  checkCombinations(given);
  checkFiles(given);
  return {
    ...rest,
    source,
    method: methodOf(method, data),
    headers,
    data: dataOf(data),
    userAgent: userAgentOf(given, circumstances.version),
    command: circumstances.command,
  };
}

function sourceOf(
  file: string | undefined,
  templates: readonly string[],
  { stdinIsTerminal }: Circumstances,
): UrlSource {
  if (templates.length > 0) {
    if (file !== undefined) throw new UsageError("FILE and --url-template are both given: leave one out");
    return { kind: "templates", templates };
  }
  if (file !== undefined && file !== "-") {
    if (/^https?:\/\//i.test(file))
      throw new UsageError(`FILE "${file}" is a URL: for a few URLs, write  echo '${file}' | brigade fetch`);
    assertReadable("FILE", file);
    return { kind: "file", path: file };
  }
  if (file === undefined && stdinIsTerminal)
    throw new UsageError(
      "there are no URLs: name a file of URLs, or use --url-template (brigade fetch --help shows more)",
    );
  return { kind: "stdin" };
}

function checkCombinations({ resume, overwrite, output, warc, summaryJson, headers, userAgent }: FetchArguments): void {
  if (resume && output === undefined)
    throw new UsageError("--resume needs to know what is done: name the file of the stopped run with --output");
  if (resume && overwrite)
    throw new UsageError("--resume keeps the output, and --overwrite replaces it: leave one out");
  if (overwrite && output === undefined && warc === undefined)
    throw new UsageError("--overwrite replaces a file, and there is none: name it with --output");
  if (output === "-") throw new UsageError('--output "-": leave it out, and the lines go to standard output');
  if (summaryJson === "-" && output === undefined)
    throw new UsageError("--summary-json - and the lines both go to standard output: name a file for one of them");
  if (userAgent !== undefined && headers.some(([name]) => name.toLowerCase() === "user-agent"))
    throw new UsageError("the user agent is given by --user-agent and by --header: leave one out");
}

function checkFiles({ file, output, outputDir, warc, cookies, summaryJson, timeline }: FetchArguments): void {
  const written = [
    { name: "--output", path: output },
    { name: "--warc", path: warc },
    { name: "--cookies", path: cookies },
    { name: "--summary-json", path: summaryJson === "-" ? undefined : summaryJson },
    { name: "--timeline", path: timeline },
  ].flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }]));
  for (const { name, path } of written) assertWritable(name, path);
  if (outputDir !== undefined) assertFolder("--output-dir", outputDir);
  if (cookies !== undefined && existsSync(cookies)) assertReadable("--cookies", cookies);
  const read = file === undefined || file === "-" ? [] : [{ name: "FILE", path: file }];
  assertDistinct([...read, ...written]);
}

function methodOf(method: string | undefined, data: string | undefined): string {
  if (data === undefined) return method ?? "GET";
  if (method === "GET" || method === "HEAD")
    throw new UsageError(`--data makes a body, and ${method} has none: use --method POST, or leave one out`);
  return method ?? "POST";
}

function dataOf(data: string | undefined): Uint8Array | undefined {
  if (data === undefined) return undefined;
  return data.startsWith("@") ? readBytes("--data", data.slice(1)) : new TextEncoder().encode(data);
}

function userAgentOf({ userAgent, headers }: FetchArguments, version: string): string | undefined {
  const isHeader = headers.some(([name]) => name.toLowerCase() === "user-agent");
  return isHeader ? undefined : (userAgent ?? `brigade-fetch/${version}`);
}
