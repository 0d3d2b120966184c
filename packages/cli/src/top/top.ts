/** `brigade top`: the task tree of a running program, drawn anew every second. */
import process from "node:process";
import type { ReadStream, WriteStream } from "node:tty";
import {
  type Coroutine,
  coroutine,
  Event,
  fromPromise,
  race,
  run,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "brigade";
import type { Hello } from "brigade/trace";
import { attach, programs, type Target } from "../attach/attach.ts";
import { AttachError, type Attached } from "../attach/attached.ts";
import { hasColors, painter } from "../fetch/summary/paint.ts";
import { frame, plainFrame, rowsThatFit, type Screen } from "./frame.ts";
import type { Key } from "./keys.ts";
import type { TopOptions } from "./options.ts";
import { ask, picture } from "./poll.ts";
import { listText } from "./program-list.ts";
import { FullScreen } from "./screen.ts";
import { TopState } from "./state.ts";

const busyAfter = 1_000; // ms without an answer
const lookEvery = 250;
const sample = 250; // between the two looks that rates of a single picture are made of
const mostPatience = 10_000; // of a single picture
const mostRows = 1_000;

/** What the command needs of where it runs. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly width: number;
  readonly colors: boolean;
}

/** Gives the exit code: 0, or 1 where the program can't be watched. */
export async function top(options: TopOptions, output: Output): Promise<number> {
  try {
    const { target } = options;
    if (target === undefined) return await list(output);
    const onTerminal = process.stdin.isTTY && process.stdout.isTTY && !options.once;
    return await run(onTerminal ? live(target, options, output) : single(target, output), { handleSignals: true });
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    output.err(`brigade top: ${error.message}`);
    return 1;
  }
}

async function list({ out, err }: Output): Promise<number> {
  const found = programs();
  if (found.length > 0) {
    out(await listText(found));
    return 0;
  }
  err(
    "brigade top: no program of yours can be watched now: start one with BRIGADE_INSPECT=1, or name a process that runs Brigade",
  );
  return 1;
}

const single: (target: Target, output: Output) => Coroutine<number> = coroutine(function* single(
  target: Target,
  output: Output,
) {
  const program = yield* fromPromise(attach(target));
  try {
    yield* timeout(mostPatience, function* () {
      const state = new TopState(program.name, yield* ask(program, "hello", {}));
      state.room = mostRows / 2;
      state.show(yield* picture(program, state));
      yield* sleep(sample);
      state.show(yield* picture(program, state));
      const screen = { columns: output.width, rows: Infinity, paint: painter(output.colors), unicode: true };
      output.out(plainFrame(state, screen, Date.now()).join("\n"));
    });
    return 0;
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw new AttachError(`${program.name} does not answer: its thread has been busy for ${mostPatience / 1_000} s`);
  } finally {
    yield* fromPromise(program[Symbol.asyncDispose]());
  }
});

const live: (target: Target, options: TopOptions, output: Output) => Coroutine<number> = coroutine(function* live(
  target: Target,
  { interval }: TopOptions,
  output: Output,
) {
  const program = yield* fromPromise(attach(target));
  try {
    const hello = yield* greeting(program, output);
    const how = yield* race([fullScreen(program, hello, interval), fromPromise(program.ended)]);
    if (how !== "quit") output.out(`${program.name} has ended`);
    return 0;
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    output.out(error.message); // it was there and has gone: that is what top is to show
    return 0;
  } finally {
    yield* fromPromise(program[Symbol.asyncDispose]());
  }
});

/** Who it is. Says so when that takes long. */
const greeting: (program: Attached, output: Output) => Coroutine<Hello> = coroutine(function* greeting(
  program: Attached,
  output: Output,
) {
  return yield* taskGroup(function* (group) {
    const notice = group.createTask(
      (function* () {
        yield* sleep(busyAfter);
        output.err(`${program.name} is busy: its thread runs something and does not answer yet; waiting`);
      })(),
    );
    const hello = yield* ask(program, "hello", {});
    notice.cancel();
    return hello;
  });
});

const fullScreen: (program: Attached, hello: Hello, interval: number) => Coroutine<"quit"> = coroutine(
  function* fullScreen(program: Attached, hello: Hello, interval: number) {
    const state = new TopState(program.name, hello);
    const quit = new Event();
    const wanted = new Event();
    const input = process.stdin as ReadStream;
    const output = process.stdout as WriteStream;
    const paint = painter(hasColors(output));
    let screen: FullScreen | undefined;
    const draw = (): void => {
      if (screen === undefined) return;
      const { columns, rows } = screen;
      state.room = rowsThatFit(rows);
      const look: Screen = { columns, rows, paint, unicode: hasUnicode() };
      screen.draw(frame(state, look, Date.now()));
    };
    const pressed = (key: Key): void => {
      const then = state.press(key);
      if (then === "quit") quit.set();
      else if (then === "ask") wanted.set();
      draw();
    };
    screen = new FullScreen(input, output, pressed, draw);
    try {
      yield* race([quit.wait(), watch(program, state, interval, draw), followKeys(program, state, wanted, draw)]);
      return "quit" as const;
    } finally {
      screen[Symbol.dispose]();
    }
  },
);

/** Shows a new picture every `interval`, and how long none has come. */
const watch: (program: Attached, state: TopState, interval: number, draw: () => void) => Coroutine<never> = coroutine(
  function* watch(program: Attached, state: TopState, interval: number, draw: () => void) {
    let asked: number | undefined; // when the question was put that is under way
    const questions = coroutine(function* questions() {
      for (;;) {
        if (!state.paused) {
          asked = Date.now();
          const next = yield* picture(program, state);
          asked = undefined;
          if (!state.paused) state.show(next);
          draw();
        }
        yield* sleep(interval);
      }
    });
    const patience = coroutine(function* patience() {
      for (;;) {
        yield* sleep(lookEvery);
        if (asked === undefined || Date.now() - asked < busyAfter) continue;
        state.contact = { state: "busy", since: asked };
        draw();
      }
    });
    return yield* race([questions(), patience()]);
  },
);

/** Asks for rows as soon as keys want others. */
const followKeys: (program: Attached, state: TopState, wanted: Event, draw: () => void) => Coroutine<never> = coroutine(
  function* followKeys(program: Attached, state: TopState, wanted: Event, draw: () => void) {
    for (;;) {
      yield* wanted.wait();
      wanted.clear();
      state.showRows(yield* ask(program, "tasks", state.query));
      draw();
    }
  },
);

function hasUnicode(): boolean {
  const locale = process.env["LC_ALL"] || process.env["LC_CTYPE"] || process.env["LANG"] || "";
  return process.env["TERM"] !== "linux" && locale !== "C" && locale !== "POSIX";
}
