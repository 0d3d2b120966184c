/** The page of `brigade inspect` in a real browser, of a real program. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Folder } from "../attach/watched.ts";
import { Serving } from "./serving.ts";

// Real processes and a real browser: no virtual time.

const folders = (process.env["PATH"] ?? "").split(delimiter);
/** `npm test` installs it where it can; elsewhere the test does without. */
const executablePath = folders.map((folder) => join(folder, "chromium")).find((path) => existsSync(path));

const flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"];

/** A crowd, and a step of 120 ms twice a second. */
const crowd = `
import { coroutine, createTask, run, sleep } from "brigade";
const idle = coroutine(function* idle() { yield* sleep("1h"); });
const spin = coroutine(function* spin() {
  for (;;) {
    yield* sleep(400);
    const began = performance.now();
    while (performance.now() - began < 120);
  }
});
await run(function* main() {
  for (let i = 0; i < 20_000; i++) createTask(idle());
  createTask(spin(), { name: "spinner" });
  yield* sleep(5);
  console.log("ready");
  yield* sleep("1h");
});
`;

/** What is asked once a second comes late on a busy machine. */
const poll: typeof expect.poll = (read, options) => expect.poll(read, { timeout: 15_000, ...options });

describe.skipIf(executablePath === undefined)("brigade inspect in a browser", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
  }, 60_000);

  afterAll(() => browser.close());

  test("a running program is shown live, rewound, drawn as a timeline, and kept as it was when it ends", async () => {
    await using folder = new Folder();
    const { pid, process: child } = await folder.start(crowd);
    await using serving = await Serving.start(folder.env, String(pid));
    const page = await browser.newPage({ viewport: { width: 1_300, height: 800 } });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(serving.address);
    const rows = page.locator(".body [role=row]");
    await poll(() => rows.allInnerTexts().then((texts) => texts.join("\n"))).toMatch(/× 20,000\s+idle/);
    expect(await rows.count()).toBe(3); // main, the group, and the spinner
    await poll(() => chartOf(page, "tasks")).toContain("20,002");
    await poll(() => chartOf(page, "loop lag")).toMatch(/\d{2,}(\.\d)? ms/);

    await rows.filter({ hasText: "20,000" }).getByRole("button", { name: "Unfold" }).click();
    await poll(() => page.locator("[role=treegrid]").getAttribute("aria-rowcount")).toBe("20003");

    await page.getByRole("button", { name: "Rewind" }).click();
    await page.locator(".rewind input").waitFor();
    await page.getByRole("button", { name: "Timeline" }).click();
    await page.waitForSelector("#lanes[data-drawn]");
    const nextBlocked = async (): Promise<string> => {
      await page.keyboard.press("b"); // the first may be main's, which makes the crowd
      return page.locator("#side").innerText();
    };
    await poll(nextBlocked).toContain("spinner");
    expect(await page.locator("#side").innerText()).toContain("This step blocks the loop");
    await page.getByRole("button", { name: "Back to the tasks" }).click();
    await page.getByRole("button", { name: "Now" }).click();

    child.kill("SIGKILL");
    await poll(() => page.locator(".notice").allInnerTexts()).toEqual([
      "The program has ended. What stands here is how it was last.",
    ]);
    expect(await rows.count()).toBeGreaterThan(3);
    expect(errors).toEqual([]);
    await page.close();
  }, 60_000);
});

function chartOf(page: Page, name: string): Promise<string> {
  return page.locator("figure").filter({ hasText: name }).first().innerText();
}
