/** Draws docs/images/fetch.svg: what `brigade fetch` shows while it runs, and at its end. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { frame } from "../../../src/fetch/display/frame.ts";
import { stateOf } from "../../../src/fetch/display/state.ts";
import { Meter } from "../../../src/fetch/meter/meter.ts";
import { painter } from "../../../src/fetch/summary/paint.ts";
import { summaryOf } from "../../../src/fetch/summary/summary.ts";
import { summaryText } from "../../../src/fetch/summary/summary-text.ts";
import { simulatedRun } from "../../meter/results.ts";

const columns = 92;
const lineHeight = 20;
const characterWidth = 8.43; // of the font below, at its size
const margin = 22;
const count = 4_000;

const style = `
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre; }
  .card { fill: #ffffff; stroke: #d0d7de; }
  .s1 { font-weight: 700; } .s2 { fill: #6e7781; }
  .s31 { fill: #cf222e; } .s32 { fill: #1a7f37; } .s33 { fill: #9a6700; } .s36 { fill: #0b7285; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .card { fill: #0d1117; stroke: #30363d; }
    .s2 { fill: #848d97; }
    .s31 { fill: #ff7b72; } .s32 { fill: #56d364; } .s33 { fill: #e3b341; } .s36 { fill: #39c5cf; }
  }`;

/** A run of which about two thirds are done, and the same run at its end. */
function shown(): string[] {
  let now = 0;
  const meter = new Meter({ total: count, clock: () => now });
  const results = simulatedRun(count, 24);
  const part = Math.floor(count * 0.63);
  const ahead = 64;
  let during: string[] = [];
  for (const [done, result] of results.entries()) {
    const last = done === 0 ? ahead : done + ahead;
    for (const next of results.slice(done === 0 ? 0 : last - 1, last)) meter.started(next.index, next.url, next.host);
    now = result.began + result.timing.total;
    meter.finished(result);
    if (done !== part) continue;
    const hosts = [...meter.hosts.values()].map(({ host, open }) => {
      const inFlight = Math.min(open, 8);
      return { host, inFlight, waiting: open - inFlight, limit: 8 };
    });
    const options = { columns, rows: 24, paint: painter(true), unicode: true };
    during = frame(stateOf(meter, { hosts: () => hosts }, 4), options).map(({ text }) => text);
  }
  const end = summaryText(summaryOf(meter), { colors: true, columns }).trimEnd().split("\n");
  const command = "$ brigade fetch urls.txt --concurrency 24 --per-host 8 --output items.jsonl";
  return [command, ...during, "", "\u001B[2m… and at the end:\u001B[22m", "", ...end];
}

/** A line with escape sequences as the content of an SVG text: a span for each style. */
function spans(line: string): string {
  const styles = new Set<string>();
  const ends: Readonly<Record<string, readonly string[]>> = { "39": ["31", "32", "33", "36"], "22": ["1", "2"] };
  // oxlint-disable-next-line eslint/no-control-regex -- escape sequences are what is looked for
  return line.split(/\u001B\[(\d+)m/).reduce((drawn, part, index) => {
    if (index % 2 === 1) {
      if (ends[part]) for (const style of ends[part]) styles.delete(style);
      else styles.add(part);
      return drawn;
    }
    const text = part.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const look = [...styles].map((style) => `s${style}`).join(" ");
    return text === "" ? drawn : `${drawn}<tspan class="${look}">${text}</tspan>`;
  }, "");
}

const lines = shown();
const width = Math.ceil(columns * characterWidth + 2 * margin);
const height = lines.length * lineHeight + 2 * margin;
const texts = lines.map((line, row) => {
  const y = margin + 14 + row * lineHeight;
  return line === "" ? "" : `<text xml:space="preserve" x="${margin}" y="${y}">${spans(line)}</text>\n`;
});
const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>brigade fetch while it runs, and its summary</title>
<style>${style}
</style>
<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" />
${texts.join("")}</svg>
`;
await writeFile(fileURLToPath(new URL("../../../../../docs/images/fetch.svg", import.meta.url)), picture);
console.log("docs/images/fetch.svg drawn");
