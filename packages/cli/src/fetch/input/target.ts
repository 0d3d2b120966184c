/** What a line of the input asks for: a URL that can be requested, or why it can't be. */
import type { FetchFailure } from "../result.ts";
import { isCut, longestLine } from "./lines.ts";

/** A line of the input. */
export interface Item {
  /** 0 for the first URL. */
  readonly index: number;
  readonly url: string;
}

const http = /^https?:$/;
const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;
const hostAndPath = /^(?:localhost|\[[0-9a-f:.]+\]|[^\s/:?#@]+\.[^\s/:?#@]+)(?::\d+)?(?:[/?#]|$)/i;

export function targetOf(text: string): URL | FetchFailure {
  const url = isCut(text) ? null : URL.parse(text);
  if (url !== null && http.test(url.protocol)) return url;
  return { class: "InvalidRequestError", message: reason(text, url), code: undefined };
}

function reason(text: string, url: URL | null): string {
  if (isCut(text)) return `the line is longer than ${longestLine} bytes: each line holds one URL`;
  if (hostAndPath.test(text)) return `${text} has no scheme: write https://${text}`;
  if (text.startsWith("//")) return `${text} has no scheme: write https:${text}`;
  if (url !== null && scheme.test(text))
    return `the scheme "${url.protocol}" is not HTTP's: only http: and https: can be fetched`;
  return `"${text}" is not a valid URL: write one as in https://example.com/page`;
}
