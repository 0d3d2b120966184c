/**
 * Reads, on the watchdog's thread, where the watched thread is. The inspector interrupts whatever JavaScript runs there, and
 * evaluates on top of its stack. No debugger is switched on: it would take 20 to 150 ms, and can hang (docs/adr/0026).
 */
import type { Session } from "node:inspector";
import type { Sight } from "./place.ts";

type Inspector = typeof import("node:inspector");

/** A person has stopped the program, with a debugger: that is no block. */
export const AT_BREAKPOINT = "at a breakpoint";

export class Inspection {
  readonly #inspector: Inspector;
  readonly #expression: string; // its value is the sight, or undefined on any thread but the watched one

  private constructor(inspector: Inspector, expression: string) {
    this.#inspector = inspector;
    this.#expression = expression;
  }

  /** Undefined where the host has no such inspector, or does not let it be used. */
  static async of(expression: string): Promise<Inspection | undefined> {
    try {
      const inspection = new Inspection(await import("node:inspector"), expression);
      return (await inspection.sight()) === undefined ? undefined : inspection;
    } catch {
      return undefined;
    }
  }

  /** Connected for as long as it takes: a process that ends while somebody is connected waits for the debugger to go. */
  async sight(): Promise<Sight | typeof AT_BREAKPOINT | undefined> {
    const session = new this.#inspector.Session();
    session.connectToMainThread();
    try {
      const seen = await evaluated(session, this.#expression);
      return seen?.debugged && (await stopped(session)) ? AT_BREAKPOINT : seen;
    } finally {
      session.disconnect();
    }
  }
}

function evaluated(session: Session, expression: string): Promise<Sight | undefined> {
  return new Promise((resolve, reject) => {
    session.post("Runtime.evaluate", { expression, silent: true, returnByValue: true }, (error, answer) => {
      if (error) reject(error);
      else resolve(answer.result.value as Sight | undefined);
    });
  });
}

/** Whoever asks a program that is stopped to tell when it stops is told at once. */
async function stopped(session: Session): Promise<boolean> {
  let paused = false;
  session.once("Debugger.paused", () => (paused = true));
  await new Promise<void>((resolve) => session.post("Debugger.enable", () => resolve()));
  await new Promise<void>((resolve) => session.post("Debugger.disable", () => resolve()));
  return paused;
}
