/** Who is told what happens on a loop: one of its observers, or several as one. Nobody but `trace/` and users' code is. */
import type { LoopObserver } from "../types.ts";

/** An observer that can be told of everything. */
export type Observer = Required<LoopObserver>;

const everything: { readonly [K in keyof Observer]: true } = {
  taskCreated: true,
  stepStarted: true,
  stepEnded: true,
  taskWoken: true,
  taskDone: true,
  cancelRequested: true,
  callbackEnded: true,
  slow: true,
  reported: true,
  idle: true,
  closed: true,
};

/** Tells each of several observers what it wants to hear. */
class Several implements Observer {
  readonly parts: readonly LoopObserver[];

  constructor(parts: readonly LoopObserver[]) {
    this.parts = parts;
  }

  taskCreated(...told: Parameters<Observer["taskCreated"]>): void {
    for (const part of this.parts) part.taskCreated?.(...told);
  }
  stepStarted(...told: Parameters<Observer["stepStarted"]>): void {
    for (const part of this.parts) part.stepStarted?.(...told);
  }
  stepEnded(...told: Parameters<Observer["stepEnded"]>): void {
    for (const part of this.parts) part.stepEnded?.(...told);
  }
  taskWoken(...told: Parameters<Observer["taskWoken"]>): void {
    for (const part of this.parts) part.taskWoken?.(...told);
  }
  taskDone(...told: Parameters<Observer["taskDone"]>): void {
    for (const part of this.parts) part.taskDone?.(...told);
  }
  cancelRequested(...told: Parameters<Observer["cancelRequested"]>): void {
    for (const part of this.parts) part.cancelRequested?.(...told);
  }
  callbackEnded(...told: Parameters<Observer["callbackEnded"]>): void {
    for (const part of this.parts) part.callbackEnded?.(...told);
  }
  slow(...told: Parameters<Observer["slow"]>): void {
    for (const part of this.parts) part.slow?.(...told);
  }
  reported(...told: Parameters<Observer["reported"]>): void {
    for (const part of this.parts) part.reported?.(...told);
  }
  idle(...told: Parameters<Observer["idle"]>): void {
    for (const part of this.parts) part.idle?.(...told);
  }
  closed(...told: Parameters<Observer["closed"]>): void {
    for (const part of this.parts) part.closed?.(...told);
  }
}

/** One that is told of everything is told without a detour. */
function asOne(parts: readonly LoopObserver[]): Observer | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const complete = Object.keys(everything).every((call) => typeof first[call as keyof LoopObserver] === "function");
  return parts.length === 1 && complete ? (first as Observer) : new Several(parts);
}

function partsOf(observer: Observer | undefined): readonly LoopObserver[] {
  if (observer === undefined) return [];
  return observer instanceof Several ? observer.parts : [observer];
}

/** Those who are told, and this one. */
export function withObserver(told: Observer | undefined, observer: LoopObserver): Observer | undefined {
  return asOne([...partsOf(told), observer]);
}

/** Those who are told, without this one. */
export function withoutObserver(told: Observer | undefined, observer: LoopObserver): Observer | undefined {
  return asOne(partsOf(told).filter((part) => part !== observer));
}
