/** Markup in everything that a program names, in every picture and page that is made of it, opened in Chromium: shown, and nothing else. */
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Place, type Running } from "../run/place.ts";

const executablePath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "chromium"))
  .find((path) => existsSync(path));

/** Ends what it may stand in, and runs if it can. */
const EVIL = `"'\`]]>--></script></title></style></text></svg><img src=x onerror="window.owned=1"><script>window.owned=2</script>\u2028\u2029{{7*7}}\${8*8}&lt;b&gt;`;

const program = `
const evil = ${JSON.stringify(EVIL)};
const lock = new Lock({ name: evil });
const named = { [evil]: coroutine(function* () { yield* sleep(3); }) }[evil];
const fails = coroutine(function* fails() { using _ = yield* lock.acquire(); yield* sleep(2); throw new Error(evil); });
const main = coroutine(function* main() {
  for (let i = 0; i < 3; i++) createTask(fails(), { name: evil });
  createTask(new Event({ name: evil }).wait(), { name: evil });
  yield* gather([named(), sleep(5)]);
  const end = performance.now() + 150;
  while (performance.now() < end);
  yield* sleep(process.env.LONG ? 3_600_000 : 5);
});
export default main;
`;

describe.skipIf(executablePath === undefined)("markup in names, labels and errors", () => {
  const place = new Place();
  const complaints: string[] = [];
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath ?? "",
      args: ["--no-sandbox", "--disable-background-networking", "--no-first-run"],
    });
    place.write("main.ts", `import { coroutine, createTask, Event, gather, Lock, sleep } from "brigade";\n${program}`);
    const { stderr } = await place.run(["main.ts", "--trace", "out.brigade"]);
    expect(place.has("out.brigade"), stderr).toBe(true);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    place[Symbol.dispose]();
  });

  async function opened(address: string): Promise<Page> {
    const page = await browser.newPage();
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("dialog", (dialog) => complaints.push(dialog.message()));
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (!["file:", "blob:", "data:"].includes(protocol) && hostname !== "127.0.0.1") complaints.push(request.url());
    });
    await page.goto(address);
    return page;
  }

  async function expectOnlyShown(page: Page, where: string): Promise<void> {
    expect(await page.evaluate("window.owned"), where).toBeUndefined();
    expect(await page.locator("img[src=x]").count(), where).toBe(0);
    expect(complaints, where).toEqual([]);
    await page.close();
  }

  test("is text on the page of a trace, and in what is selected there", { timeout: 60_000 }, async () => {
    const { exitCode, stderr } = await place.start(["timeline", "out.brigade", "--html", "page.html"]).ended;
    expect(exitCode, stderr).toBe(0);
    const page = await opened(pathToFileURL(join(place.path, "page.html")).href);
    await page.waitForSelector("#lanes[data-drawn]");
    await page.keyboard.press("/");
    await page.keyboard.type("owned");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(300); // for what a search shows, and what a script would do
    expect(await page.locator("body").innerText()).toContain("onerror=");
    await expectOnlyShown(page, "html");
  });

  test("is text in a picture, which is well formed", { timeout: 60_000 }, async () => {
    const { exitCode, stderr } = await place.start(["timeline", "out.brigade", "--svg", "out.svg"]).ended;
    expect(exitCode, stderr).toBe(0);
    const page = await opened(pathToFileURL(join(place.path, "out.svg")).href);
    expect(await page.evaluate("document.documentElement.nodeName")).toBe("svg");
    expect(
      await page.evaluate("document.querySelectorAll('script,foreignObject,img,image,a,parsererror').length"),
    ).toBe(0);
    expect(await page.evaluate("document.documentElement.textContent")).toContain("</script>");
    await expectOnlyShown(page, "svg");
    // In a page that has it in its own markup, too.
    const html = await browser.newPage();
    await html.setContent(`<!doctype html><body>${readFileSync(join(place.path, "out.svg"), "utf8")}</body>`);
    await expectOnlyShown(html, "svg in html");
  });

  test("is text on the page of a running program", { timeout: 90_000 }, async () => {
    const env = { LONG: "1", XDG_RUNTIME_DIR: place.path };
    const running: Running = place.start(["run", "main.ts", "--inspect"], { env });
    const socket = join(place.path, "brigade", `${running.child.pid}.sock`);
    for (let i = 0; i < 1_000 && !existsSync(socket); i++) await new Promise((resolve) => setTimeout(resolve, 20));
    const server = place.start(["inspect", String(running.child.pid)], { env });
    let printed = "";
    for (const stream of [server.child.stdout, server.child.stderr])
      stream?.on("data", (text) => (printed += String(text)));
    await server.says("http://");
    await new Promise((resolve) => setTimeout(resolve, 100)); // the rest of the line
    const address = /http:\/\/\S+/.exec(printed)?.[0] ?? "";
    const page = await opened(address);
    await page.getByText("onerror=").first().waitFor({ timeout: 20_000 });
    await page.waitForTimeout(2_500); // two pictures of the live view
    await expectOnlyShown(page, "live");
    server.child.kill("SIGINT");
    running.child.kill("SIGKILL");
    expect((await server.ended).stderr).not.toMatch(/\n {4}at /);
    await running.ended;
  });

  test("is text in a trace for Perfetto, and in JSON", { timeout: 60_000 }, async () => {
    for (const format of ["chrome", "json"]) {
      const { exitCode, stdout } = await place.start(["export", "out.brigade", "--format", format]).ended;
      expect(exitCode).toBe(0);
      expect(JSON.stringify(JSON.parse(stdout))).toContain("window.owned=1");
      expect(stdout, "may stand in a script element").not.toContain("</script>");
    }
  });
});
