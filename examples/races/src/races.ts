/** The six races: what goes wrong, the program in which it does, and the one in which it does not. */
import type { Coroutine } from "brigade";
import * as checkThenAct from "./check-then-act.ts";
import * as deadConsumer from "./dead-consumer.ts";
import * as deadlock from "./deadlock.ts";
import * as forgottenCancellation from "./forgotten-cancellation.ts";
import * as lostUpdate from "./lost-update.ts";
import * as lostWakeUp from "./lost-wake-up.ts";

export interface Race {
  readonly name: string;
  readonly file: string;
  /** What the broken program ends with when it fails, or a part of that. */
  readonly failure: string;
  readonly broken: () => Coroutine<void>;
  readonly fixed: () => Coroutine<void>;
}

export const races: readonly Race[] = [
  {
    name: "lost update",
    file: "lost-update.ts",
    failure: "Error: 100 + 50 + 7 is 157, but the balance is",
    ...lostUpdate,
  },
  {
    name: "check-then-act",
    file: "check-then-act.ts",
    failure: "Error: one price was asked for, but the API was called 2 times",
    ...checkThenAct,
  },
  {
    name: "deadlock of two locks",
    file: "deadlock.ts",
    failure: "DeadlockError: nothing can ever wake the 3 tasks that wait",
    ...deadlock,
  },
  {
    name: "lost wake-up",
    file: "lost-wake-up.ts",
    failure: "DeadlockError: nothing can ever wake the 2 tasks that wait",
    ...lostWakeUp,
  },
  {
    name: "a queue consumer that dies",
    file: "dead-consumer.ts",
    failure: "UnknownPayment: there is no payment for A-17",
    ...deadConsumer,
  },
  {
    name: "forgotten cancellation",
    file: "forgotten-cancellation.ts",
    failure: "Error: Ada logged out, and is logged in again",
    ...forgottenCancellation,
  },
];
