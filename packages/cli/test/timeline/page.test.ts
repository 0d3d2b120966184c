/** The picture in a real browser. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Meter } from "../../src/fetch/meter/meter.ts";
import type { FetchResult } from "../../src/fetch/result.ts";
import { summaryOf } from "../../src/fetch/summary/summary.ts";
import { Timeline, type TimelineOptions } from "../../src/fetch/timeline/timeline.ts";
import { timelineHtml } from "../../src/fetch/timeline/timeline-html.ts";
import { failed, made, simulatedRun } from "../meter/results.ts";

/** It runs as root in containers, and it must not talk to anybody. */
const flags = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

const folders = (process.env["PATH"] ?? "").split(delimiter);
/** `npm test` installs it where it can; elsewhere the tests do without. */
const executablePath = folders.map((folder) => join(folder, "chromium")).find((path) => existsSync(path));

let browser: Browser;
let folder: string;
const complaints: string[] = []; // of the pages: errors, refused styles and scripts, and whatever they asked the network for

function htmlOf(results: readonly FetchResult[], options: TimelineOptions = {}): string {
  const end = Math.max(0, ...results.map(({ began, timing }) => began + timing.total));
  const meter = new Meter({ total: results.length, clock: () => end });
  const timeline = new Timeline(options);
  for (const result of results) {
    meter.started(result.index, result.url, result.host);
    meter.finished(result);
    timeline.add(result);
  }
  return timelineHtml(timeline, summaryOf(meter));
}

async function opened(
  results: readonly FetchResult[],
  options: TimelineOptions = {},
  colorScheme: "light" | "dark" = "light",
): Promise<Page> {
  const file = join(folder, "timeline.html");
  await writeFile(file, htmlOf(results, options));
  const page = await browser.newPage({ viewport: { width: 1_000, height: 700 }, colorScheme });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) complaints.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector("#lanes[data-drawn]");
  return page;
}

/** What stands on the canvas: how many pixels have each of the page's colours. */
async function pixels(page: Page): Promise<Record<string, number>> {
  // Drawing happens in the frame after the event.
  return page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const canvas = document.getElementById("lanes") as HTMLCanvasElement;
    // A copy is read: a canvas that is read often is drawn in another way.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    if (copy === null) throw new Error("there is nothing to copy the canvas to");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const style = getComputedStyle(document.documentElement);
    const counts: Record<string, number> = {};
    for (const name of ["waiting", "retries", "connect", "response", "body", "failed"]) {
      const hex = Number.parseInt(style.getPropertyValue(`--${name}`).slice(1), 16);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const color = (data[at] ?? 0) * 65_536 + (data[at + 1] ?? 0) * 256 + (data[at + 2] ?? 0);
        if (data[at + 3] === 255 && color === hex) count += 1;
      }
      counts[name] = count;
    }
    return counts;
  });
}

/** The place on the page of a time of the run and a lane. */
async function placeOf(page: Page, share: number, lane: number): Promise<{ x: number; y: number }> {
  const box = await page.locator("#lanes").boundingBox();
  if (box === null) throw new Error("there is no canvas");
  return { x: box.x + box.width * share, y: box.y + 26 + lane * 24 + 10 };
}

const card = (page: Page): Promise<string> => page.locator("#card").innerText();

/** One second: the first lane has a slow one and a failed one, the second one that came late. */
const three = [
  made({ index: 0, began: 0, connect: 100, response: 300, body: 100, bytes: 12_345 }),
  failed("ReadTimeout", "GET https://a.example/1: no answer for 400 ms", { index: 1, began: 600, response: 400 }),
  made({ index: 2, began: 100, waiting: 200, attempts: 2, retries: 100, response: 100, body: 50 }),
];

describe.skipIf(executablePath === undefined)("in a browser", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brigade-timeline-"));
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });

  test("bars are drawn in the colours of their parts, in light and in dark", async () => {
    for (const scheme of ["light", "dark"] as const) {
      const page = await opened(three, {}, scheme);
      const counts = await pixels(page);
      const share = 998 * 0.1 * 23; // pixels of 100 ms in a lane
      expect(counts["waiting"]).toBe(0);
      for (const [part, shares] of [
        ["connect", 1],
        ["response", 4],
        ["body", 1.5],
        ["retries", 1],
        ["failed", 4],
      ] as const)
        expect(Math.abs((counts[part] ?? 0) / (shares * share) - 1), part).toBeLessThan(0.08);
      expect(await page.locator("#lanes").getAttribute("data-drawn")).toBe("2");
      await page.close();
    }
  });

  test("hovering tells about a bar, and leaving it ends that", async () => {
    const page = await opened(three);
    const first = await placeOf(page, 0.3, 0);
    await page.mouse.move(first.x, first.y);
    expect(await card(page)).toMatch(
      /^200\s+https:\/\/a\.example:443\/0\s+12 kB · 1 attempt · began at 0 ms\s+connect\s+100 ms\s+response\s+300 ms\s+body\s+100 ms\s+in all\s+500 ms$/,
    );
    const second = await placeOf(page, 0.8, 0);
    await page.mouse.move(second.x, second.y);
    expect(await card(page)).toMatch(/^ReadTimeout\s+https:\/\/a\.example:443\/1\s+GET .*no answer for 400 ms/);
    const third = await placeOf(page, 0.45, 1);
    await page.mouse.move(third.x, third.y);
    expect(await card(page)).toMatch(/2 attempts[^]*waiting\s+200 ms\s+earlier attempts\s+100 ms/);
    const nothing = await placeOf(page, 0.55, 0);
    await page.mouse.move(nothing.x, nothing.y);
    expect(await page.locator("#card").isVisible()).toBe(false);
    await page.close();
  });

  test("a click pins what is told, and Escape lets go", async () => {
    const page = await opened(three);
    const bar = await placeOf(page, 0.3, 0);
    await page.mouse.click(bar.x, bar.y);
    const away = await placeOf(page, 0.55, 0);
    await page.mouse.move(away.x, away.y);
    expect(await card(page)).toContain("/0");
    await page.keyboard.press("Escape");
    expect(await page.locator("#card").isVisible()).toBe(false);
    await page.close();
  });

  test("wheel, drag, keys and buttons zoom and pan", async () => {
    const page = await opened(three);
    const told = async (share: number): Promise<string> => {
      const place = await placeOf(page, share, 0);
      await page.mouse.move(place.x + 1, place.y);
      await page.mouse.move(place.x, place.y);
      return (await page.locator("#card").isVisible()) ? card(page) : "nothing";
    };
    expect(await told(0.9)).toContain("/1");
    await page.mouse.move((await placeOf(page, 0, 0)).x, (await placeOf(page, 0, 0)).y);
    await page.mouse.wheel(0, -600); // at the left edge: what was at 90 % leaves to the right
    expect(await told(0.9)).toContain("/0");
    await page.keyboard.press("0");
    expect(await told(0.9)).toContain("/1");
    await page.click("#in"); // the middle half: 250 to 750 ms
    expect(await told(0.02)).toContain("/0");
    expect(await told(0.98)).toContain("/1");
    const from = await placeOf(page, 0.1, 4);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + 400, from.y, { steps: 4 });
    await page.mouse.up();
    expect(await told(0.6)).toContain("/0");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await told(0.9)).toContain("/1");
    await page.click("#fit");
    expect(await told(0.1)).toContain("/0");
    await page.close();
  });

  test("the bars that a search does not find fade, and Enter goes from match to match", async () => {
    const page = await opened(three);
    const before = await pixels(page);
    await page.keyboard.press("/");
    await page.keyboard.type("readtimeout");
    expect(await page.locator("#matches").innerText()).toBe("1 match");
    const after = await pixels(page);
    expect([after["response"], after["body"], after["connect"]]).toEqual([0, 0, 0]);
    expect(after["failed"]).toBe(before["failed"]);
    await page.keyboard.press("Enter");
    expect(await card(page)).toContain("/1");
    await page.fill("#search", "a.example");
    expect(await page.locator("#matches").innerText()).toBe("3 matches");
    await page.fill("#search", "");
    expect(await pixels(page)).toEqual(before);
    await page.close();
  });

  test("waiting is drawn when asked for", async () => {
    const page = await opened(three);
    await page.check("#with-waiting");
    expect((await pixels(page))["waiting"]).toBeGreaterThan(500);
    await page.uncheck("#with-waiting");
    expect((await pixels(page))["waiting"]).toBe(0);
    await page.close();
  });

  test("what a URL or a server says is text, whatever it looks like", async () => {
    const url = "https://a.example/</script><script>document.title='x'</script><!--<img src=x onerror=alert(1)>";
    const page = await opened([
      made({ url }),
      failed("<b>Bold</b>", "</title><script>alert(2)</script>\u2028", { began: 600, response: 400 }),
    ]);
    expect(await page.title()).toMatch(/^brigade fetch: 2 URLs in 1 s$/);
    const first = await placeOf(page, 0.005, 0);
    await page.mouse.move(first.x, first.y);
    expect(await card(page)).toContain(url);
    const second = await placeOf(page, 0.9, 0);
    await page.mouse.move(second.x, second.y);
    expect(await card(page)).toMatch(/<b>Bold<\/b>[^]*<\/title><script>alert\(2\)<\/script>/);
    expect(await page.locator("script").count()).toBe(2);
    await page.close();
  });

  test("the page runs its own script and no other, and asks nobody for anything", async () => {
    const html = htmlOf(three);
    expect(html).toContain("default-src 'none'");
    const file = join(folder, "injected.html");
    await writeFile(
      file,
      html.replace("</body>", "<script>document.title = 'injected'</script><img src='https://a.example/x.png'></body>"),
    );
    const page = await browser.newPage();
    const refused: string[] = [];
    page.on("console", (message) => refused.push(message.text()));
    await page.goto(pathToFileURL(file).href);
    expect(await page.title()).not.toBe("injected");
    expect(refused).toEqual([expect.stringContaining("script"), expect.stringContaining("image")]);
    await page.close();
  });

  test("the picture says how much of a long run it shows, and is drawn at once", async () => {
    const results = simulatedRun(30_000, 100);
    const begun = performance.now();
    const page = await opened(results);
    expect(performance.now() - begun).toBeLessThan(10_000); // a picture that takes longer is not looked at
    const failures = results.filter(({ error }) => error !== undefined).length;
    expect(await page.locator("#kept").innerText()).toMatch(
      new RegExp(`^[\\d,]+ of 30,000 requests are drawn: one in 4, the slowest, and all that failed$`),
    );
    expect(await page.locator(".numbers").innerText()).toContain(String(failures));
    const counts = await pixels(page);
    expect(counts["failed"]).toBeGreaterThan(1_000);
    expect(counts["response"]).toBeGreaterThan(10_000);
    await page.close();
    const few = await opened(three);
    expect(await few.locator("#kept").innerText()).toBe("every request is drawn: 3");
    await few.close();
  });

  test("a run of nothing has a picture", async () => {
    const page = await opened([]);
    expect(await page.title()).toBe("brigade fetch: 0 URLs in 0 ms");
    await page.close();
  });

  test("the header has the numbers of the summary", async () => {
    const page = await opened(three);
    const text = await page.locator(".numbers").innerText();
    expect(text.split(/\s*\n\s*/)).toEqual([
      "succeeded",
      "2",
      "failed",
      "1",
      "rate",
      "3.0/s",
      "p50",
      "400 ms",
      "p90",
      "500 ms",
      "p99",
      "500 ms",
      "bodies",
      "12 kB",
      "wall time",
      "1 s",
      "one at a time",
      "1.15 s 1.1 × longer",
    ]);
    await page.close();
  });
});
