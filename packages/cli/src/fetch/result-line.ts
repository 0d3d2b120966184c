/** A result as one line of the output. Written by hand: at tens of thousands of lines a second, each field counts. */
import type { FetchResult } from "./result.ts";

/** Where the body of a result is. */
export type BodyPlace =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "base64"; readonly text: string }
  /** Relative to --output-dir. */
  | { readonly kind: "file"; readonly file: string };

/** Where the WARC holds the response. */
export interface WarcPlace {
  /** Of the first record, in bytes from the start of the file. */
  readonly offset: number;
  /** Of all records of this URL, in bytes of the file. */
  readonly length: number;
}

export function lineOf(result: FetchResult, body: BodyPlace, warc: WarcPlace | undefined): string {
  const { index, url, finalUrl, status, error, attempts, timing, bytes, contentType, digest } = result;
  // `toFixed`: the engine keeps what `${index}` gives, for each index, until it collects old memory.
  let line = `{"index":${index.toFixed(0)},"url":${JSON.stringify(url)}`;
  if (finalUrl !== undefined) line += `,"finalUrl":${JSON.stringify(finalUrl)}`;
  if (status !== undefined) line += `,"status":${status}`;
  line += error === undefined ? `,"ok":true` : `,"ok":false,"error":${JSON.stringify(error)}`;
  line +=
    `,"attempts":${attempts},"timing":{"waiting":${rounded(timing.waiting)},"connect":${rounded(timing.connect)}` +
    `,"response":${rounded(timing.response)},"body":${rounded(timing.body)},"total":${rounded(timing.total)}},"bytes":${bytes}`;
  if (contentType !== undefined) line += `,"contentType":${JSON.stringify(contentType)}`;
  if (digest !== undefined) line += `,"digest":"${digest}"`;
  if (body.kind === "text") line += `,"body":${JSON.stringify(body.text)}`;
  else if (body.kind === "base64") line += `,"bodyBase64":"${body.text}"`;
  else if (body.kind === "file") line += `,"file":"${body.file}"`;
  if (warc !== undefined) line += `,"warc":{"offset":${warc.offset},"length":${warc.length}}`;
  return `${line}}\n`;
}

/** To a tenth. From small whole numbers, whose texts the engine keeps: a new text for each number would outlive its line. */
function rounded(milliseconds: number): string {
  const tenths = Math.max(0, Math.round(milliseconds * 10));
  const whole = Math.floor(tenths / 10);
  const rest = tenths - whole * 10;
  return rest === 0 ? `${whole}` : `${whole}.${rest}`;
}
