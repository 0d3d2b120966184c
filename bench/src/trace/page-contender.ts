/** The page with a long trace: how soon it shows the trace, and how often it draws while somebody pans. */
import type { Page } from "playwright-core";
import type { Contender, Measured } from "../contender.ts";
import { Workplace } from "../http/workplace.ts";
import type { TraceWork } from "../work.ts";
import { ServedPage } from "./served-page.ts";
import { writeSyntheticTrace } from "./synthetic-trace.ts";

/** The page sets this mark when it has drawn the whole trace for the first time. */
const DRAWN = "timeline-drawn";
const DRAWN_TIMEOUT_MS = 60_000;

/** From the first lane to the one of all workers, which then shows each of them. */
const UNFOLDING = ["Home", "ArrowDown", "Enter"];
const ZOOM_STEPS = 6;
const PANNING_MS = 3_000;

/** Seconds since 1970 of the mark. */
async function drawnAt(page: Page): Promise<number> {
  const isDrawn = (mark: string): boolean => performance.getEntriesByName(mark).length > 0;
  await page.waitForFunction(isDrawn, DRAWN, { timeout: DRAWN_TIMEOUT_MS });
  return page.evaluate((mark) => {
    const [entry] = performance.getEntriesByName(mark);
    return (performance.timeOrigin + (entry?.startTime ?? 0)) / 1e3;
  }, DRAWN);
}

/** Pans to and fro, a step in each frame; how often the lanes were drawn in a second, which they count. */
function panned(ms: number): Promise<number> {
  const lanes = document.querySelector<HTMLCanvasElement>("#lanes");
  if (lanes === null) throw new Error("The page has no lanes.");
  const drawn = (): number => Number(lanes.dataset["drawn"]);
  const { x, y, width, height } = lanes.getBoundingClientRect();
  const middle = { clientX: x + width / 2, clientY: y + height / 2 };
  return new Promise((resolve) => {
    const begun = performance.now();
    const before = drawn();
    let frames = 0;
    const frame = (now: number): void => {
      if (now - begun >= ms) {
        resolve(((drawn() - before) / (now - begun)) * 1e3);
        return;
      }
      frames++;
      const deltaX = frames % 200 < 100 ? 9 : -9;
      lanes.dispatchEvent(new WheelEvent("wheel", { ...middle, deltaX, bubbles: true, cancelable: true }));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

export class PageContender implements Contender {
  readonly label = "brigade";
  readonly complaints = "";
  readonly #work: TraceWork;
  readonly #workplace: Workplace = new Workplace();
  #served: ServedPage | undefined;

  constructor(work: TraceWork) {
    this.#work = work;
  }

  async start(): Promise<void> {
    const trace = this.#workplace.path("trace.brigade");
    writeSyntheticTrace(trace, this.#work.count);
    this.#served = await ServedPage.start(trace);
    await this.round();
  }

  async round(): Promise<Measured> {
    const page = await this.#served?.blank();
    if (page === undefined) throw new Error("The page was asked for a round before it was served.");
    try {
      const begun = (performance.timeOrigin + performance.now()) / 1e3;
      await page.goto(this.#served?.url ?? "");
      const seconds = (await drawnAt(page)) - begun;
      if (this.#work.kind === "trace-page") return { figure: seconds };
      return { figure: await this.#pan(page) };
    } finally {
      await page.context().close();
    }
  }

  async #pan(page: Page): Promise<number> {
    await page.locator("#lanes").focus();
    for (const key of UNFOLDING) await page.keyboard.press(key);
    for (let step = 0; step < ZOOM_STEPS; step++) await page.keyboard.press("+");
    return page.evaluate(panned, PANNING_MS);
  }

  async stop(): Promise<void> {
    await this.#served?.stop();
    this.#workplace.clear();
  }
}
