/** Draws docs/images/fetch-timeline.png: the page of `--timeline`, as a browser shows it. The argument: Chromium's path. */
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { Meter } from "../../../src/fetch/meter/meter.ts";
import { summaryOf } from "../../../src/fetch/summary/summary.ts";
import { Timeline } from "../../../src/fetch/timeline/timeline.ts";
import { timelineHtml } from "../../../src/fetch/timeline/timeline-html.ts";
import { simulatedRun } from "../../meter/results.ts";

const results = simulatedRun(420, 20, 5);
let now = 0;
const meter = new Meter({ total: results.length, clock: () => now });
const timeline = new Timeline();
for (const result of results) {
  meter.started(result.index, result.url, result.host);
  now = result.began + result.timing.total;
  meter.finished(result);
  timeline.add(result);
}
const file = join(tmpdir(), "brigade-timeline-picture.html");
await writeFile(file, timelineHtml(timeline, summaryOf(meter)));

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1_120, height: 680 } });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("#lanes[data-drawn]");
  await page.mouse.move(760, 450);
  await page.waitForTimeout(200); // until the frame after the pointer's move is drawn
  await page.screenshot({
    path: fileURLToPath(new URL("../../../../../docs/images/fetch-timeline.png", import.meta.url)),
  });
} finally {
  await browser.close();
}
console.log("docs/images/fetch-timeline.png drawn");
