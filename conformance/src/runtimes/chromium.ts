/** Runs a module in a page of a headless Chromium: an empty one, or the one at an address. The browser is closed in every case. */
import { readFile } from "node:fs/promises";
import { chromium, type Page } from "playwright-core";

/** It runs as root in containers, and it must not talk to anybody. */
const flags: readonly string[] = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** What the page prints until it has printed a line for which `isLast` holds. */
function printed(page: Page, isLast: (line: string) => boolean, limit: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    limit.addEventListener("abort", () => reject(limit.reason as Error), { once: true });
    page.on("pageerror", reject);
    page.on("crash", () => reject(new Error("the page crashed")));
    page.on("console", (message) => {
      if (isLast(message.text())) resolve(message.text());
    });
  });
}

export async function runInChromium(
  executablePath: string,
  file: string,
  url: string | undefined,
  isLast: (line: string) => boolean,
  limit: AbortSignal,
): Promise<string> {
  const content = await readFile(file, "utf8");
  limit.throwIfAborted();
  const browser = await chromium.launch({
    executablePath,
    args: [...flags],
    timeout: 60_000,
    // The caller's signal ends this run; the browser goes with it.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  try {
    const page = await browser.newPage();
    if (url !== undefined) await page.goto(url);
    const output = printed(page, isLast, limit);
    await Promise.all([page.addScriptTag({ content, type: "module" }), output]);
    return await output;
  } finally {
    await browser.close();
  }
}
