/** What `brigade fetch` was asked to do, checked. */
import type { Rate } from "brigade/http";

export type UrlSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stdin" }
  /** `https://host/items/{1..500}`. */
  | { readonly kind: "templates"; readonly templates: readonly string[] };

export interface FetchOptions {
  readonly source: UrlSource;

  readonly concurrency: number;
  readonly perHost: number | undefined;
  readonly rate: Rate | undefined;
  readonly perHostRate: Rate | undefined;
  readonly adaptive: boolean;

  /** Milliseconds, of one attempt. */
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly retries: number;
  readonly retryAfterMax: number;

  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly data: Uint8Array | undefined;
  readonly proxy: string | undefined;
  readonly http2: boolean;
  /** A file that cookies are read from and kept in (Netscape's cookies.txt). */
  readonly cookies: string | undefined;
  readonly userAgent: string | undefined;
  readonly robots: boolean;
  readonly dedupe: boolean;
  readonly failFast: boolean;
  /** What keeps the requests for workers on other machines; undefined: this process makes them. */
  readonly engine: string | undefined;
  readonly maxBytes: number;

  /** A file for the lines; undefined is stdout. */
  readonly output: string | undefined;
  /** Replaces an output that is there. */
  readonly overwrite: boolean;
  /** Bodies become files here, named by their digest. */
  readonly outputDir: string | undefined;
  readonly ordered: boolean;
  readonly warc: string | undefined;
  readonly resume: boolean;

  readonly quiet: boolean;
  /** A file; "-" is stdout. */
  readonly summaryJson: string | undefined;
  readonly timeline: string | undefined;
  /** The command as it was typed, to tell how to go on with it. */
  readonly command: readonly string[];
}
