/** The display in a real terminal (tmux), in a pipe, and in virtual time. */
import { execFileSync, spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { coroutine, getRunningLoop, run, sleep, use } from "brigade";
import { virtualClock } from "brigade/testing";
import { describe, expect, test, vi } from "vitest";
import { display } from "../../src/fetch/display/display.ts";
import { Meter } from "../../src/fetch/meter/meter.ts";
import type { FetchOptions } from "../../src/fetch/options.ts";
import { hasProgram } from "../command/process.ts";
import { made } from "../meter/results.ts";

const feed = fileURLToPath(new URL("./programs/feed.ts", import.meta.url));
const command = [process.execPath, "--conditions=@brigade/source", feed] as const;
let screens = 0;

/** A shell in a terminal of its own: what stands before the command must stay, and what it leaves behind is seen. */
class Screen implements Disposable {
  readonly #socket = `brigade-${process.pid}-${screens++}`; // a server of its own, that ends with it

  constructor(args: string, setting = "", columns = 100, rows = 24) {
    const line = `echo before; ${setting} ${command.join(" ")} ${args}; echo "exit $?"; exec sleep 60`;
    // A locale of its own: the display draws ASCII where the locale says C.
    const shell = `unset LC_ALL LC_CTYPE; LANG=C.UTF-8; export LANG; ${line}`;
    this.tmux("-u", "new-session", "-d", "-x", String(columns), "-y", String(rows), shell);
  }

  tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
  }

  lines(...args: readonly string[]): string[] {
    const text = this.tmux("capture-pane", "-p", ...args);
    return text.trimEnd().split("\n");
  }

  /** A terminal has no event for what was drawn on it: looks again and again. */
  async shows(expected: RegExp | ((lines: readonly string[]) => boolean)): Promise<string[]> {
    const holds = typeof expected === "function" ? expected : (shown: string[]) => expected.test(shown.join("\n"));
    const limit = performance.now() + 15_000;
    for (;;) {
      const lines = this.lines();
      if (holds(lines)) return lines;
      if (performance.now() > limit) throw new Error(`within 15 s there was no ${expected}, but:\n${lines.join("\n")}`);
      await delay(50);
    }
  }

  [Symbol.dispose](): void {
    this.tmux("kill-server");
  }
}

function count(lines: readonly string[], pattern: RegExp): number {
  return lines.filter((line) => pattern.test(line)).length;
}

describe.skipIf(!hasProgram("tmux"))("on a terminal", () => {
  test("it draws in place, and leaves what stood before and what comes after", async () => {
    using screen = new Screen("20000 2500");
    const lines = await screen.shows(/[1-9] % .*\n.*in flight/);
    expect(lines[0]).toBe("before");
    expect(lines[1]).toMatch(/^━+─+ {2}\d+ % {2}[\d,]+ of 20,000 {2}\d s {2}\d+ s left$/);
    expect(count(lines, /^api\.example\.com:443 +\d+ +\d+ +8 /)).toBe(1);
    expect(await screen.shows(/exit/)).toEqual(["before", "the end", "exit 0"]);
  });

  test("the cursor stays visible: a process that is killed leaves nothing to repair", async () => {
    using screen = new Screen("20000 60000");
    await screen.shows(/in flight/);
    expect(screen.tmux("display", "-p", "#{cursor_flag}").trim()).toBe("1");
  });

  test("Ctrl-C and an error leave a clean terminal", async () => {
    using screen = new Screen("20000 60000");
    await screen.shows(/in flight/);
    screen.tmux("send-keys", "C-c");
    expect(await screen.shows(/exit/)).toEqual(["before", "interrupted", "exit 1"]);
    using other = new Screen("2000 600 fail");
    expect(await other.shows(/exit/)).toEqual(["before", "Error: it failed", "exit 1"]);
  });

  test("a terminal that gets narrower and lower, or wider, shows one frame", async () => {
    using screen = new Screen("20000 60000", "", 110, 30);
    await screen.shows(/limit +done/);
    for (const [columns, rows] of [
      [60, 24],
      [35, 16],
      [120, 40],
    ] as const) {
      screen.tmux("resize-window", "-x", String(columns), "-y", String(rows));
      await delay(500); // several frames at the new size
      await screen.shows(
        (lines) =>
          count(lines, /\d %/) === 1 &&
          count(lines, /^host /) === 1 &&
          count(lines, /^before$/) + 7 === lines.length &&
          lines.every((line) => line.length < columns),
      );
    }
    expect(screen.lines("-S", "-100")[0]).toBe("before"); // a terminal may have scrolled it out of sight
  });

  test("a notice stays above the frame, and nothing in it moves the cursor", async () => {
    using screen = new Screen("2000 2500 notice");
    const lines = await screen.shows(/half of it/);
    expect(lines.slice(0, 2)).toEqual(["before", "half of it is [2J done"]);
    expect(await screen.shows(/exit/)).toEqual(["before", "half of it is [2J done", "the end", "exit 0"]);
  });

  test("NO_COLOR takes the colours away", async () => {
    using colored = new Screen("20000 60000", "FORCE_COLOR= NO_COLOR=");
    await colored.shows(/in flight/);
    expect(colored.lines("-e").join("")).toContain("\u001B[");
    using screen = new Screen("20000 60000", "env -u FORCE_COLOR NO_COLOR=1");
    await screen.shows(/in flight/);
    expect(screen.lines("-e").join("")).not.toContain("\u001B[");
  });

  test("nothing is drawn where the lines of the output go, nor on a dumb terminal", async () => {
    using screen = new Screen("15 1200 stdout");
    const written = Array.from({ length: 15 }, () => expect.stringMatching(/^\{"index":\d+\}$/) as string);
    expect(await screen.shows(/exit/)).toEqual(["before", ...written, "the end", "exit 0"]);
    using dumb = new Screen("2000 1200 notice", "TERM=dumb");
    expect(await dumb.shows(/exit/)).toEqual(["before", "brigade fetch: half of it is [2J done", "the end", "exit 0"]);
  });
});

test("a short run in a pipe writes nothing, and a quiet one never does", () => {
  for (const words of [[], ["quiet", "notice"]]) {
    const [node, ...args] = command;
    const { stdout, stderr } = spawnSync(node, [...args, "2000", "900", ...words], { encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["", "the end\n"]);
  }
});

/** A run in virtual time, of one URL each 100 ms, beside the display. */
async function virtualRun(count: number, quiet: boolean): Promise<string[]> {
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    await run(
      function* () {
        const loop = getRunningLoop();
        const start = loop.time();
        const meter = new Meter({ total: count, clock: () => loop.time() - start });
        const client = { hosts: () => [{ host: "a.example:443", inFlight: 2, waiting: 5, limit: 2 }] };
        const work = coroutine(function* work() {
          for (let index = 0; index < count; index++) {
            meter.started(index, "", "a.example:443");
            yield* sleep(100);
            meter.finished(made({ index, bytes: 1_000, response: 100 }));
          }
        });
        yield* use(display(meter, client, { quiet } as FetchOptions), work);
      },
      { clock: virtualClock() },
    );
  } finally {
    vi.restoreAllMocks();
  }
  return written;
}

test("where there is no terminal, a line comes every five seconds", async () => {
  expect(await virtualRun(120, false)).toEqual([
    expect.stringMatching(
      /^brigade fetch: (49|50) of 120 done \(4[01] %\), 0 failed, 2 in flight, 1[01]\/s, p50 100 ms, p99 100 ms, (49|50) kB, 5 s, [67] s left\n$/,
    ),
    expect.stringMatching(/^brigade fetch: (99|100) of 120 done \(8[23] %\), .*, 10 s, 2 s left\n$/),
  ]);
});

test("a quiet run writes nothing in whatever time", async () => {
  expect(await virtualRun(300, true)).toEqual([]);
});
