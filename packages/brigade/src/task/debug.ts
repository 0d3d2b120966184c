/** What `debug` and observers add to a step: its start and end, its length, cleanup that hangs, bare generators. */
import { host } from "../kernel/host.ts";
import type { Handle, Report, Task } from "../types.ts";
import { type Frame, probe, type RunningTask, UNWINDING } from "./frame.ts";

type WatchedTask = RunningTask & Task<unknown> & { readonly progress: string };

/** Runs the step and tells the loop's observer. In debug, reports a step that took long. */
export function watchedStep(task: WatchedTask, drive: () => void): void {
  const { observer, debug, slowStep, stepWatch } = task.loop;
  observer?.stepStarted(task);
  stepWatch?.began(task);
  const frames = debug ? names(task) : "";
  const began = debug ? host.now() : 0;
  drive();
  stepWatch?.ended();
  if (debug) {
    if (!task.done) debugSuspension(task);
    for (const [frame, handle] of timed) {
      if (frame.state === UNWINDING) continue;
      handle.cancel();
      timed.delete(frame);
    }
    const took = host.now() - began;
    if (took > slowStep) {
      const ran = [...new Set([frames, names(task)])].filter((text) => text !== "").join("; ");
      report(
        task,
        "slow-step",
        `a step of task "${task.name}" took ${took.toFixed(0)} ms and blocked the loop, in ${ran}`,
      );
    }
  }
  observer?.stepEnded(task, task.done ? undefined : task.awaiting, task.progress === "ready");
}

function names(task: RunningTask): string {
  const list: string[] = [];
  for (let frame = task.top; frame; frame = frame.parent) list.push(frame.name);
  return list.reverse().join(" > ");
}

function report(task: WatchedTask, kind: Report["kind"], message: string): void {
  task.loop.report({ kind, message, task });
}

const timed = /* @__PURE__ */ new Map<Frame, Handle>(); // frames whose cleanup is being timed
const barePlaces = /* @__PURE__ */ new Set<string>(); // where a bare generator was reported

/** Looks at a task that has just suspended. */
function debugSuspension(task: WatchedTask): void {
  for (let frame = task.top; frame; frame = frame.parent) {
    if (frame.state === UNWINDING) timeCleanup(task, frame);
  }
  const bare = probe(task.top as Frame).slice(0, -1)[0];
  if (bare?.file === undefined) return;
  const place = `${bare.file}:${bare.line}`;
  if (barePlaces.has(place)) return;
  barePlaces.add(place);
  const message = `a coroutine delegates to the bare generator "${bare.name}" (${place}): make it with coroutine(), or a cancellation can't unwind it`;
  report(task, "bare-generator", message);
}

function timeCleanup(task: WatchedTask, frame: Frame): void {
  if (timed.has(frame)) return;
  const { loop } = task;
  const handle = loop.callLater(loop.slowCleanup, () => {
    const message = `the cleanup of "${frame.name}" in task "${task.name}" has been running for ${loop.slowCleanup} ms`;
    report(task, "slow-cleanup", message);
  });
  timed.set(frame, handle);
}
