/**
 * Lets a program be watched that says nothing of it: by its environment from the start, or by SIGUSR2 from then on. The
 * instruments are loaded when they are asked for, by name: nothing here depends on them (docs/adr/0033).
 */
import { host } from "../kernel/host.ts";
import type { Loop } from "../kernel/loop.ts";
import { forgetLoop, liveLoops, noteLoop } from "../kernel/loops.ts";

/** What is used of "brigade/instruments". */
interface Instruments {
  /** A loop begins. */
  observe(loop: Loop): void;
  /** Somebody wants to look in. */
  opened(): void;
}

const SIGNAL = "SIGUSR2";

let asked = false; // whether there are instruments is asked once
let instruments: Instruments | undefined; // set ⇔ they were asked for, and there are some
let release: (() => void) | undefined; // set while the signal is listened for

function load(): Instruments | undefined {
  if (!asked) instruments = host.load("brigade/instruments") as Instruments | undefined;
  asked = true;
  return instruments;
}

/** The loop runs from now on. */
export function admit(loop: Loop): void {
  noteLoop(loop);
  if (instruments !== undefined || environmentAsks()) load()?.observe(loop);
  if (release !== undefined || loop.virtual || !host.quietSignals) return; // virtual time is for tests
  if (host.env("BRIGADE_INSPECT") === "0" || host.listeners(SIGNAL) > 0) return;
  release = host.onSignal(SIGNAL, () => {
    if (host.listeners(SIGNAL) === 1) load()?.opened(); // a program that listens itself has another use for the signal
  });
}

/** Its run is over. */
export function dismiss(loop: Loop): void {
  forgetLoop(loop);
  if (liveLoops.size > 0) return;
  release?.();
  release = undefined;
}

function environmentAsks(): boolean {
  const inspect = host.env("BRIGADE_INSPECT");
  return (inspect !== undefined && inspect !== "" && inspect !== "0") || asksForFile("TRACE") || asksForFile("FLIGHT");
}

function asksForFile(what: string): boolean {
  const file = host.env(`BRIGADE_${what}`);
  return file !== undefined && file !== "";
}
