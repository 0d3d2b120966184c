/** The public names of "@brigade/inspector": the page as a server serves it, and as a file with a trace in it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import type { Advice } from "brigade/trace";

// From src as from dist, the page is in dist.
const page: URL = new URL("../dist/page.html", import.meta.url);

const POLICY = "<!-- policy -->";
const DATA = "<!-- data -->";

/** What goes into one file. */
export interface TimelineHtmlOptions {
  /** A whole trace, as a `.brigade` file holds it. */
  readonly trace: Uint8Array;
  /** What `advise` said about it. */
  readonly advice?: readonly Advice[];
  /** What the page is headed with: a file's name, say. */
  readonly title: string;
}

/**
 * The page without a trace, for a server: it asks for `/api/…` where it came from, and nobody else. Throws where the package
 * was not built.
 *
 * @example
 * ```ts
 * import { pageHtml } from "@brigade/inspector";
 *
 * console.log(pageHtml().startsWith("<!doctype html>"));
 * ```
 */
export function pageHtml(): string {
  return built().replace(POLICY, () => policy("'self'"));
}

/**
 * A page with the trace in it, in pieces to be written one after the other: it opens from a disk, loads nothing, and may
 * load nothing. The trace is compressed; whatever stands in names and labels is shown as text. Throws where the package
 * was not built.
 *
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { timelineHtml } from "@brigade/inspector";
 * import { run, sleep } from "brigade";
 * import { recorder } from "brigade/trace";
 *
 * const observer = recorder();
 * await run(sleep("5ms"), { observer });
 * writeFileSync("timeline.html", Buffer.concat([...timelineHtml({ trace: observer.bytes(), title: "sleep" })]));
 * ```
 */
export function* timelineHtml({ trace, advice = [], title }: TimelineHtmlOptions): Generator<Uint8Array, void> {
  const encoder = new TextEncoder();
  const [before = "", after = ""] = built()
    .replace(POLICY, () => policy("'none'"))
    .replace(/<title>.*?<\/title>/, () => `<title>${escaped(title)} · brigade</title>`)
    .split(DATA);
  yield encoder.encode(before);
  yield encoder.encode(`<script type="application/json" id="data">${inScript({ title, advice })}</script>\n`);
  yield encoder.encode('<script type="application/octet-stream" id="trace">');
  yield* base64(deflateRawSync(trace, { level: trace.length > 50_000_000 ? 1 : 6 }));
  yield encoder.encode(`</script>\n${after}`);
}

function built(): string {
  try {
    return readFileSync(page, "utf8");
  } catch (error) {
    throw new Error(`the page can't be read from ${page.href}: run \`npm run build\``, { cause: error });
  }
}

/** The page runs its own scripts and takes its own styles; it asks `reached` and nobody else. Its worker is made of a blob. */
function policy(reached: "'self'" | "'none'"): string {
  const html = built();
  const scripts = hashes(html, /<script type="module">(.*?)<\/script>/gs);
  const styles = hashes(html, /<style[^>]*>(.*?)<\/style>/gs);
  const directives = [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "worker-src blob:",
    `connect-src ${reached}`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${directives.join("; ")}">`;
}

function hashes(html: string, tags: RegExp): string {
  const found = Array.from(html.matchAll(tags), ([, source = ""]) => source);
  return found.map((source) => `'sha256-${createHash("sha256").update(source).digest("base64")}'`).join(" ");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** No text in it can end the script that it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", String.raw`\u003c`);
}

const PIECE = 3 * 1_048_576; // three bytes make four characters: only the last piece is padded

function* base64(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    yield Buffer.from(
      Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(PIECE, bytes.length - at)).toString("base64"),
    );
  }
}
