/** The live view in a real browser, of a program that a server plays. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Chromium, executablePath } from "./browser.ts";
import { type Program, ProgramServer } from "./program-server.ts";
import { shop } from "./traces.ts";

/** On a busy machine things come late. */
const poll: typeof expect.poll = (read, options) => expect.poll(read, { timeout: 10_000, ...options });

describe.skipIf(executablePath === undefined)("the live view in a browser", () => {
  let chromium: Chromium;
  let server: ProgramServer | undefined;
  let open: Page | undefined;

  beforeAll(async () => {
    chromium = await Chromium.start("--js-flags=--expose-gc");
  }, 60_000);

  afterAll(() => chromium.close());

  afterEach(async () => {
    await open?.close();
    await server?.close();
    open = server = undefined;
    expect(chromium.complaints.splice(0)).toEqual([]);
  });

  /** Asks as often as it can: a second of real time for each answer would be long. */
  async function opened(program: Partial<Program>, settings = "token=secret&every=20"): Promise<[Page, ProgramServer]> {
    server = await ProgramServer.start(program);
    const page = (open = await chromium.page({}, server.url));
    await page.goto(`${server.url}/#${settings}`);
    return [page, server];
  }

  const rows = (page: Page): ReturnType<Page["locator"]> => page.locator(".body [role=row]");
  const notice = (page: Page): Promise<string> => page.locator(".notice").innerText();

  test("shows each task with what it waits for and where, and one in full beside them", async () => {
    const [page] = await opened({ tasks: 3 });
    await page.waitForSelector(".body [role=row]");
    expect(await page.locator("h1").innerText()).toContain("server.ts");
    expect(await rows(page).count()).toBe(3);
    const words = await rows(page).nth(1).innerText();
    for (const part of ["request-2", "handle", "waiting", "2 s", "20 ms", "Lock.acquire db", "src/server.ts:42"]) {
      expect(words).toContain(part);
    }
    await rows(page).nth(2).click();
    await poll(() => page.locator("#side").innerText()).toMatch(/held by\s+request-2/);
  });

  test("a hundred thousand tasks are a list that scrolls, of which the program is asked for a page at a time", async () => {
    const [page, { queries }] = await opened({ tasks: 100_000 });
    await page.waitForSelector(".body [role=row]");
    expect(await page.locator("[role=treegrid]").getAttribute("aria-rowcount")).toBe("100000");
    await page.locator(".rows").evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await poll(() => rows(page).last().innerText()).toContain("request-100000");
    expect(await rows(page).count()).toBeLessThan(120);
    expect(Math.max(...queries.map((query) => (JSON.parse(query) as { limit: number }).limit))).toBeLessThan(120);
  });

  test("tasks are gone through and folded by keyboard", async () => {
    const [page, { queries }] = await opened({ tasks: 50 });
    await page.waitForSelector(".body [role=row]");
    await page.locator(".rows").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("[aria-selected=true]").innerText()).toContain("request-2");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowLeft");
    await poll(() => queries.at(-1)).toContain('"toggled":["t1"]');
  });

  test("markup in names is text", async () => {
    const evil = `<img src=x onerror="document.title='taken'">`;
    const cycle = { tasks: [], text: evil, stuck: [], others: 3 };
    const [page] = await opened({ title: evil, name: () => evil, cycles: [cycle] });
    await page.waitForSelector(".body [role=row]");
    expect(await rows(page).first().innerText()).toContain(evil);
    expect(await page.locator("[role=alert]").innerText()).toContain(evil);
    expect(await page.locator("[role=alert]").innerText()).toContain("3 more tasks can't be woken either");
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe(`${evil} · brigade`);
  });

  test("a program that has ended is shown as it was last, and asked no more", async () => {
    const [page, playing] = await opened({ tasks: 3 });
    await page.waitForSelector(".body [role=row]");
    playing.program.health = "ended";
    await poll(() => page.locator(".notice").count()).toBe(1);
    expect(await notice(page)).toContain("The program has ended");
    expect(await rows(page).count()).toBe(3);
    const { asked } = playing;
    const before = asked.get("stats");
    await page.waitForTimeout(200); // in which it would be asked ten times
    expect(asked.get("stats")).toBe(before);
    chromium.complaints.splice(0); // the browser tells of the answer 410
  });

  test("a program whose thread is busy is said to be, and what it said last stays", async () => {
    const [page, playing] = await opened({ tasks: 3 });
    await page.waitForSelector(".body [role=row]");
    playing.program.health = "busy";
    await poll(() => page.locator(".notice").count()).toBe(1);
    expect(await notice(page)).toContain("its thread is busy");
    expect(await rows(page).count()).toBe(3);
  });

  test("without the token there is nothing to see but why", async () => {
    const [page] = await opened({}, "token=guess");
    expect(await page.getByRole("alert").innerText()).toContain("the token is wrong");
    expect(chromium.complaints.splice(0).join()).toContain("401");
  });

  test("pausing stops the questions", async () => {
    const [page, { asked }] = await opened({});
    await page.waitForSelector(".body [role=row]");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.waitForTimeout(100); // what is under way ends
    const before = asked.get("stats");
    await page.waitForTimeout(200);
    expect(asked.get("stats")).toBe(before);
  });

  test("rewinding shows the tasks as they were at a moment, and its timeline", async () => {
    const [page] = await opened({ flight: shop().bytes({ ends: false }) });
    await page.getByRole("button", { name: "Rewind" }).click();
    const slider = page.locator(".rewind input");
    await slider.waitFor();
    expect(await slider.getAttribute("max")).toBe("185");
    await slider.fill("150");
    await poll(() => rows(page).count()).toBe(3);
    const words = await rows(page).allInnerTexts();
    expect(words[0]).toContain("gather 2 awaitables");
    expect(words[1]).toMatch(/orders\s+sell\s+running/);
    expect(words[2]).toContain("Lock.acquire orders");
    expect(words[2]).toContain("147 ms");
    await slider.fill("0.2");
    await poll(() => rows(page).count()).toBe(1);
    await page.getByRole("button", { name: "Timeline" }).click();
    await page.waitForSelector("#lanes[data-drawn]");
    await page.getByRole("button", { name: "Back to the tasks" }).click();
    await page.getByRole("button", { name: "Now" }).click();
    await poll(() => rows(page).first().innerText()).toContain("request-1");
  });

  test("the memory of a page that is left open stays what it was", async () => {
    const [page, { asked }] = await opened({ tasks: 5_000 }, "token=secret&every=1");
    const session = await page.context().newCDPSession(page);
    const heapAfter = async (answers: number): Promise<number> => {
      await poll(() => asked.get("stats") ?? 0, { timeout: 120_000, interval: 50 }).toBeGreaterThan(answers);
      const sizes: number[] = [];
      for (let i = 0; i < 4; i++) {
        await session.send("HeapProfiler.collectGarbage");
        sizes.push((await session.send("Runtime.getHeapUsage")).usedSize);
      }
      return Math.min(...sizes); // the others hold an answer that has just come
    };
    const before = await heapAfter(300);
    const after = await heapAfter(1_600);
    console.log(`heap after 300 answers ${(before / 1e6).toFixed(2)} MB, after 1,600 ${(after / 1e6).toFixed(2)} MB`);
    expect(after - before).toBeLessThan(300_000);
  }, 180_000);
});
