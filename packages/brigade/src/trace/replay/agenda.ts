/** What the loop of a replay has to do: strands that are ready, timers, and the time it is. */
import type { Operations } from "./program.ts";
import { Alarms, Ready } from "./queue.ts";
import { BLOCKED, READY, type Strands } from "./strands.ts";

// What stands in the ready queue.
export const STEP = 0; // the strand runs
export const WAKE = 1; // a callback makes the strand ready
export const NEXT = 2; // a callback starts the next task of the pool
export const CANCEL = 3; // a callback cancels the task

export class Agenda {
  readonly strands: Strands;
  readonly operations: Operations;
  readonly ready: Ready = new Ready();
  readonly alarms: Alarms = new Alarms();
  now: number;

  constructor(strands: Strands, operations: Operations, now: number) {
    this.strands = strands;
    this.operations = operations;
    this.now = now;
  }

  /** Makes the strand ready for its next step. */
  wake(strand: number): void {
    const { state, epoch } = this.strands;
    state[strand] = READY;
    epoch[strand] = (epoch[strand] as number) + 1;
    this.ready.push(STEP, strand);
  }

  /** A callback, which stands in the queue itself, makes it ready. */
  wakeByCallback(strand: number): void {
    this.strands.state[strand] = READY;
    this.ready.push(WAKE, strand);
  }

  /** The strand, which waits, will be woken after so long. */
  sleep(strand: number, ticks: number): false {
    this.alarms.set(this.now + ticks, strand, this.strands.epoch[strand] as number);
    return false;
  }

  /** The strand goes on behind this operation. */
  goOn(strand: number, operation: number): true {
    return this.goTo(strand, this.operations.next[operation] as number);
  }

  goTo(strand: number, operation: number): true {
    this.strands.at[strand] = operation;
    this.strands.heeded[strand] = 0;
    return true;
  }

  /** Timers that are due join the queue. */
  takeDue(): void {
    const { alarms } = this;
    const { epoch, state } = this.strands;
    while (alarms.size > 0 && alarms.earliest <= this.now) {
      alarms.take();
      const { task } = alarms;
      if (epoch[task] === alarms.epoch && state[task] === BLOCKED) this.wakeByCallback(task);
    }
  }
}
