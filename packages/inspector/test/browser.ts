/** The page in Debian's Chromium, and what it complains of. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { timelineHtml, type TimelineHtmlOptions } from "../src/index.ts";

const folders = (process.env["PATH"] ?? "").split(delimiter);
/** `npm test` installs it where it can; elsewhere the tests do without. */
export const executablePath: string | undefined = folders
  .map((folder) => join(folder, "chromium"))
  .find((path) => existsSync(path));

/** It runs as root in containers, and it must not talk to anybody. */
const flags = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export class Chromium {
  readonly #browser: Browser;
  readonly #folder: string;
  /** Errors, what the page's own rules forbade, and whatever was asked of another place. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser, folder: string) {
    this.#browser = browser;
    this.#folder = folder;
  }

  static async start(...more: readonly string[]): Promise<Chromium> {
    const browser = await chromium.launch({ executablePath: executablePath ?? "", args: [...flags, ...more] });
    return new Chromium(browser, await mkdtemp(join(tmpdir(), "brigade-inspector-")));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true });
  }

  async page(options: BrowserContextOptions = {}, allowed = "file:"): Promise<Page> {
    const page = await this.#browser.newPage({ viewport: { width: 1_200, height: 760 }, ...options });
    page.on("console", (message) => this.complaints.push(message.text()));
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(allowed) && !url.startsWith("blob:")) this.complaints.push(url);
    });
    return page;
  }

  /** The page with this trace in it, opened from the disk. */
  async timeline(
    options: TimelineHtmlOptions,
    context: BrowserContextOptions = {},
    awaited = "#lanes[data-drawn]",
  ): Promise<Page> {
    const file = join(this.#folder, "timeline.html");
    await writeFile(file, Buffer.concat([...timelineHtml(options)]));
    const page = await this.page(context);
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector(awaited);
    return page;
  }
}

/** Waits until everything that was asked for is drawn. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined)))),
  );
}

/** How many pixels of the lanes have exactly this colour of the style sheet. */
export async function pixels(page: Page, names: readonly string[]): Promise<Record<string, number>> {
  await drawn(page);
  return page.evaluate((wanted) => {
    const canvas = document.querySelector<HTMLCanvasElement>("#lanes");
    if (canvas === null) throw new Error("there is no canvas");
    // A copy is read: a canvas that is read often is drawn in another way.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    if (copy === null) throw new Error("there is nothing to copy the canvas to");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const style = getComputedStyle(document.documentElement);
    const colors = wanted.map((name) => Number.parseInt(style.getPropertyValue(`--${name}`).trim().slice(1), 16));
    const counts = wanted.map(() => 0);
    for (let at = 0; at < data.length; at += 4) {
      const color = (data[at] ?? 0) * 65_536 + (data[at + 1] ?? 0) * 256 + (data[at + 2] ?? 0);
      const index = colors.indexOf(color);
      if (index >= 0) counts[index] = (counts[index] ?? 0) + 1;
    }
    return Object.fromEntries(wanted.map((name, index) => [name, counts[index] ?? 0]));
  }, names);
}
