/** The timeline in a real browser. */
import { type Advice, readTrace, timelineOf } from "brigade/trace";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Chromium, drawn, executablePath, pixels } from "./browser.ts";
import { crowd, shop } from "./traces.ts";

const GUTTER = 230;
const TOP = 50; // the axis and the lane of the loop
const ROW = 22;

const advice: readonly Advice[] = [
  {
    kind: "sequential-awaits",
    title: "lines 11 to 12 wait one after another; `gather` would save 80 ms of 182 ms",
    file: "/app/src/shop.ts",
    line: 11,
    saving: 80,
    places: [2],
    code: "const [a, b] = yield* gather([<A>, <B>]);",
    details: ["Neither uses what the other gives."],
  },
];

const side = (page: Page): Promise<string> => page.locator("#side").innerText();

/** A place on the lanes: a share of what is in view, a row. */
async function place(page: Page, share: number, row: number): Promise<{ x: number; y: number }> {
  const box = await page.locator("#lanes").boundingBox();
  if (box === null) throw new Error("there is no canvas");
  return { x: box.x + GUTTER + (box.width - GUTTER) * share, y: box.y + TOP + ROW * (row + 0.5) };
}

async function click(page: Page, share: number, row: number): Promise<void> {
  const { x, y } = await place(page, share, row);
  await page.mouse.click(x, y);
}

describe.skipIf(executablePath === undefined)("the timeline in a browser", () => {
  let chromium: Chromium;

  beforeAll(async () => {
    chromium = await Chromium.start();
  }, 60_000);

  afterAll(() => chromium.close());

  afterEach(() => {
    expect(chromium.complaints.splice(0)).toEqual([]);
  });

  test("spans are drawn in the colours of their states, those that block in red, in light and in dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await chromium.timeline({ trace: shop().bytes(), title: "shop.brigade" }, { colorScheme });
      expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe(colorScheme);
      const counts = await pixels(page, ["waiting", "ready", "blocked", "critical"]);
      // 185 ms are as wide as the lanes; waits are 6 pixels high, steps 16, the lane of the loop 15.
      const box = await page.locator("#lanes").boundingBox();
      const pixel = ((box?.width ?? 0) - GUTTER) / (185 * 1.03);
      expect(Math.abs((counts["blocked"] ?? 0) / (80 * pixel * (16 + 15)) - 1)).toBeLessThan(0.1);
      expect(counts["waiting"]).toBeGreaterThan(182 * pixel * 6 * 0.5);
      expect(counts["ready"]).toBeGreaterThan(0);
      expect(counts["critical"]).toBeGreaterThan(100);
      await page.close();
    }
  });

  test("the reader may change light for dark", async () => {
    const page = await chromium.timeline({ trace: shop().bytes(), title: "shop" }, { colorScheme: "light" });
    const before = await pixels(page, ["surface"]);
    await page.getByRole("button", { name: "Change to dark colours" }).click();
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(14, 18, 23)");
    const after = await pixels(page, ["surface"]);
    expect(after["surface"]).toBeGreaterThan((before["surface"] ?? 0) * 0.9); // now the dark one
    await page.close();
  });

  test("a wait tells where it waits, for what, who holds that, and who woke it", async () => {
    const page = await chromium.timeline({ trace: shop().bytes(), title: "shop" });
    await click(page, 0.5, 2);
    const words = await side(page);
    for (const part of ["Task-3", "sell", "Lock.acquire orders", "shop.ts:11"]) expect(words).toContain(part);
    expect(words).toMatch(/waits\s+167 ms/);
    expect(words).toMatch(/waits for\s+Lock orders/);
    expect(words).toMatch(/held by\s+orders/);
    expect(words).toMatch(/woken by\s+orders/);
    await page.locator("#side").getByRole("button", { name: "orders" }).last().click();
    expect(await side(page)).toMatch(/^orders/);
    await page.close();
  });

  test("a step that blocks says so, and where it stops doing that", async () => {
    const page = await chromium.timeline({ trace: shop().bytes(), title: "shop" });
    await page.keyboard.press("b");
    expect(await side(page)).toContain("This step blocks the loop");
    await page.getByLabel("From how long on a step counts as blocking").selectOption("100");
    expect((await pixels(page, ["blocked"]))["blocked"]).toBe(0);
    await page.close();
  });

  test("markup in names, labels, errors and advice is text", async () => {
    const evil = `<img src=x onerror="document.title='taken'"></script><script>document.title='taken'</script>`;
    const wicked = advice.map((one) => ({ ...one, title: evil, code: evil, details: [evil] }));
    const page = await chromium.timeline({ trace: shop(evil).bytes(), title: evil, advice: wicked });
    expect(await page.locator("#side .advice h3").innerText()).toContain(evil);
    expect(await page.locator("pre").innerText()).toBe(evil);
    await click(page, 0.5, 2);
    expect(await side(page)).toContain(`Lock.acquire ${evil}`);
    await page.keyboard.press("t");
    expect(await page.locator(".table").innerText()).toContain(evil);
    expect(await page.locator("img, body script:not([type]), #page script").count()).toBe(0);
    expect(await page.title()).toBe(`${evil} · brigade`);
    await page.close();
  });

  test("the page forbids itself to ask anybody for anything", async () => {
    const page = await chromium.timeline({ trace: shop().bytes(), title: "shop" });
    const outcome = await page.evaluate(async () => {
      try {
        await fetch("http://127.0.0.1:9/");
        return "asked";
      } catch {
        return "refused";
      }
    });
    expect(outcome).toBe("refused");
    expect(chromium.complaints.splice(0).join("\n")).toContain("Content Security Policy");
    await page.close();
  });

  test("advice stands beside the lanes, leads to its place, and its code can be copied", async () => {
    const page = await chromium.timeline({ trace: shop().bytes(), title: "shop", advice });
    const words = await side(page);
    for (const part of ["lines 11 to 12", "saves 80 ms", "src/shop.ts:11", "gather([<A>, <B>])"])
      expect(words).toContain(part);
    expect((await pixels(page, ["advice"]))["advice"]).toBeGreaterThan(60);
    await page.getByRole("button", { name: "show where" }).click();
    await page.getByRole("tab", { name: "Details" }).click();
    expect(await side(page)).toContain("sleep orders");
    await page.close();
  });

  test("a search finds tasks, Enter goes from one to the next, and unfolds what hides them", async () => {
    const page = await chromium.timeline({ trace: crowd(200, 3).bytes(), title: "crowd" });
    await page.keyboard.press("/");
    await page.keyboard.type("task-150");
    expect(await page.locator(".seek output").innerText()).toBe("1");
    await page.keyboard.press("Enter");
    expect(await side(page)).toContain("Task-150");
    await page.keyboard.press("Escape");
    await page.keyboard.type("worker");
    expect(await page.locator(".seek output").innerText()).toBe("200");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    expect(await page.locator(".seek output").innerText()).toBe("2 of 200");
    await page.close();
  });

  test("everything can be done by keyboard, and is said to those who can't see it", async () => {
    const page = await chromium.timeline({ trace: crowd(200, 3).bytes(), title: "crowd" });
    const names: string[] = [];
    for (let i = 0; i < 20 && names.at(-1) !== "lanes"; i++) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate(() => {
        const { activeElement: element } = document;
        const outline = element === null ? "" : getComputedStyle(element).outlineStyle;
        if (outline === "none") throw new Error(`the focus can't be seen on ${element?.outerHTML.slice(0, 100)}`);
        return element?.id === "" ? element.textContent : (element?.id ?? "");
      });
      names.push(name);
    }
    expect(names).toContain("search");
    expect(names.at(-1)).toBe("lanes");
    const window = async (): Promise<string> => (await page.locator("caption").innerText()).split(":", 1)[0] ?? "";
    await page.keyboard.press("t");
    const whole = await window();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#said").innerText()).toContain("a group of tasks");
    await page.keyboard.press("Enter");
    expect(await page.locator("#said").innerText()).toContain("unfolded");
    await page.keyboard.press("ArrowDown");
    expect(await side(page)).toContain("Task-2");
    await page.keyboard.press("]");
    await page.keyboard.press("]");
    expect(await page.locator("#side section").count()).toBe(2);
    await page.keyboard.press("f");
    const near = await window();
    expect(near).not.toBe(whole);
    await page.keyboard.press("ArrowRight");
    expect(await window()).not.toBe(near);
    await page.keyboard.press("0");
    expect(await window()).toBe(whole);
    await page.keyboard.press("+");
    expect(await window()).not.toBe(whole);
    await page.keyboard.press("?");
    expect(await page.getByRole("dialog").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").isVisible()).toBe(false);
    await page.close();
  });

  test("a table has the spans in view, and its links lead to them", async () => {
    const page = await chromium.timeline({ trace: shop().bytes(), title: "shop" });
    await page.keyboard.press("t");
    const rows = page.getByRole("row");
    expect(await rows.first().innerText()).toContain("Waits for");
    const waits = rows.filter({ hasText: "Lock.acquire" });
    expect((await waits.innerText()).split("\t")).toEqual([
      "Task-3",
      " waiting",
      "3 ms",
      "167 ms",
      "Lock.acquire orders src/shop.ts:11",
      "Lock orders",
      "orders",
    ]);
    await waits.getByRole("button", { name: "Task-3" }).click();
    expect(await waits.getAttribute("aria-selected")).toBe("true");
    await page.close();
  });

  test("dragging moves, the wheel zooms where the pointer is, shift and drag marks a time", async () => {
    const page = await chromium.timeline({ trace: shop().bytes(), title: "shop" });
    await page.keyboard.press("t");
    const caption = (): Promise<string> => page.locator("caption").innerText();
    const middle = await place(page, 0.5, 1);
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.wheel(0, -600);
    await expect.poll(caption, { timeout: 10_000 }).not.toContain("0 ms to");
    const zoomed = await caption();
    await page.mouse.down();
    await page.mouse.move(middle.x - 150, middle.y, { steps: 3 });
    await page.mouse.up();
    expect(await caption()).not.toBe(zoomed);
    await page.keyboard.press("0");
    await page.keyboard.down("Shift");
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.down();
    await page.mouse.move(middle.x + 100, middle.y, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    expect(await caption()).toContain("as marked");
    await page.close();
  });

  test("a trace that is broken off is shown as far as it goes, and says at which byte it ends", async () => {
    const whole = crowd(50, 40).bytes();
    const trace = whole.subarray(0, whole.length - 100);
    const page = await chromium.timeline({ trace, title: "half" });
    expect(await page.locator(".notice").innerText()).toContain(`broken off at byte ${trace.length}`);
    await page.close();
  });

  test("a page with what is no trace in it says so, with the byte", async () => {
    const trace = Buffer.from("GIF89a, and more");
    const page = await chromium.timeline({ trace, title: "picture.gif" }, {}, "[role=alert]");
    expect(await page.getByRole("alert").innerText()).toContain("picture.gif is no trace of Brigade: byte 0");
    await page.close();
  });

  test("a million spans are panned through at the cost of the picture, whatever is in it", async () => {
    const trace = crowd(1_000, 340).bytes();
    expect(timelineOf(readTrace(trace)).spanCount).toBeGreaterThan(1_000_000);
    const page = await chromium.timeline({ trace, title: "crowd" }, { viewport: { width: 1_600, height: 1_000 } });
    await page.locator("#lanes").focus();
    for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key); // a lane for each of the tasks
    await drawn(page);
    const pans = await page.evaluate(async () => {
      const canvas = document.querySelector<HTMLCanvasElement>("#lanes");
      if (canvas === null) throw new Error("there is no canvas");
      const box = canvas.getBoundingClientRect();
      const frames: { took: number; work: number[] }[] = [];
      for (const zoom of [0, 8, 8]) {
        for (let i = 0; i < zoom; i++) canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "+", bubbles: true }));
        for (let i = 0; i < 60; i++) {
          const wheel = { deltaX: i < 30 ? 9 : -9, clientX: box.left + 600, clientY: box.top + 200, bubbles: true };
          canvas.dispatchEvent(new WheelEvent("wheel", { ...wheel, cancelable: true }));
          await new Promise((resolve) => requestAnimationFrame(resolve));
          await new Promise((resolve) => requestAnimationFrame(resolve));
          const work = (canvas.dataset["work"] ?? "").split(" ").map(Number);
          frames.push({ took: Number(canvas.dataset["took"]), work });
        }
      }
      return { frames, width: canvas.width, height: canvas.height };
    });
    const rows = Math.ceil(pans.height / ROW) + 1;
    for (const { work } of pans.frames) {
      const [columns = 0, touched = 0, shapes = 0] = work;
      expect(columns).toBeLessThanOrEqual(rows * pans.width);
      expect(touched).toBeLessThan(rows * pans.width * 40);
      expect(shapes).toBeLessThan(rows * 60);
    }
    expect(Math.max(...pans.frames.map(({ work }) => work[0] ?? 0))).toBeGreaterThan(25 * 1_000); // lanes were drawn
    const took = pans.frames.map((frame) => frame.took).sort((a, b) => a - b);
    const median = took[Math.floor(took.length / 2)] ?? 0;
    const slow = took[Math.floor(took.length * 0.95)] ?? 0;
    console.log(`drawing a frame of 1,000,000 spans: median ${median.toFixed(1)} ms, 95 % ${slow.toFixed(1)} ms`);
    expect(median).toBeLessThan(16); // 60 frames a second; a machine that is busy with more has a margin of several times
    await page.close();
  }, 60_000);
});
