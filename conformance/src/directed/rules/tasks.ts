/** Rules of tasks and of cancellation. Each program is named by what it shows. */
import type { Program } from "../../program.ts";
import {
  attempt,
  awaiting,
  call,
  cancel,
  caught,
  gatherCalls,
  gatherTasks,
  hop,
  hops,
  raise,
  setResult,
  sleep,
  spawn,
  spawnEagerly,
  wait,
} from "../ops.ts";
import { program } from "./program.ts";

/** Section 3 and 4: the loop, tasks and futures. */
const loop: Readonly<Record<string, Program>> = {
  "ready tasks run in turn, one step an iteration": program({
    main: [spawn("a", "t"), spawn("a", "u"), spawn("b", "w"), ...hops(3), wait(["t", "u", "w"], "all-completed")],
    a: hops(3),
    b: [hop, spawn("a", "x"), hop],
  }),
  "timers that are due together run in the order they were made": program({
    main: [gatherCalls("a", "b", "c", "d"), sleep(1)],
    a: [sleep(3)],
    b: [sleep(1), sleep(2)],
    c: [sleep(2), sleep(1)],
    d: [sleep(3)],
  }),
  "a future wakes those that wait in their order": program(
    {
      main: [spawn("a", "t"), spawn("b", "u"), spawn("a", "w"), hop, setResult("f", 1), gatherTasks("t", "u", "w")],
      a: [awaiting("f"), hop],
      b: [gatherTasks("f"), hop],
    },
    { f: { kind: "future" } },
  ),
  "an eager task runs before its starter goes on, and keeps its place afterwards": program({
    main: [spawn("a", "t"), spawnEagerly("a", "u"), spawn("a", "w"), wait(["t", "u", "w"], "all-completed")],
    a: [hop, hop],
  }),
  "a chain of awaits is cancelled from its far end": program({
    main: [spawn("c", "t3"), spawn("b", "t2"), spawn("a", "t1"), ...hops(3), cancel("t1"), caught(awaiting("t1")), hop],
    a: [attempt([awaiting("t2")], { finally: [hop] })],
    b: [attempt([awaiting("t3")], { finally: [sleep(1)] })],
    c: [attempt([sleep(9)], { finally: [sleep(2)] })],
  }),
  "two who await one task: cancelling one ends both": program({
    main: [
      spawn("b", "t"),
      spawn("a", "u"),
      spawn("a", "w"),
      ...hops(2),
      cancel("u"),
      wait(["u", "w"], "all-completed"),
    ],
    a: [caught(awaiting("t")), hop],
    b: [sleep(9)],
  }),
};

/** Section 5: cancellation. */
const cancellation: Readonly<Record<string, Program>> = {
  "no catch sees a cancellation, at any depth": program({
    main: [spawn("a", "t"), hop, cancel("t"), caught(awaiting("t"))],
    a: [caught(call("b")), hop],
    b: [caught(caught(sleep(9)), hop), hop],
  }),
  "cleanups run innermost first, each to its end": program({
    main: [spawn("a", "t"), hop, cancel("t"), caught(awaiting("t"))],
    a: [attempt([call("b")], { finally: [sleep(1), hop] })],
    b: [attempt([attempt([sleep(9)], { finally: [sleep(2)] })], { finally: [hop, hop] })],
  }),
  "an error in a cleanup does not stop the unwinding": program({
    main: [spawn("a", "t"), hop, cancel("t"), caught(awaiting("t")), sleep(1)],
    a: [attempt([caught(call("b")), hop], { finally: [sleep(1)] }), hop],
    b: [attempt([sleep(9)], { finally: [hop, raise("E1")] })],
  }),
  "errors of several cleanups come together": program({
    main: [spawn("a", "t"), hop, cancel("t"), caught(awaiting("t"))],
    a: [attempt([call("b")], { finally: [raise("E2")] })],
    b: [attempt([sleep(9)], { finally: [hop, raise("E1")] })],
  }),
  "an error that is caught in its own cleanup is gone": program({
    main: [spawn("a", "t"), hop, cancel("t"), caught(awaiting("t"))],
    a: [attempt([sleep(9)], { finally: [caught(hop, raise("E1")), hop] })],
  }),
  "who cancels itself goes on to its next wait": program({
    main: [spawn("a", "t"), spawn("b", "u"), wait(["t", "u"], "all-completed"), hop],
    a: [cancel("self"), cancel("self"), spawn("b", "w"), hop, raise("E1")],
    b: [cancel("self")],
  }),
  "an error after cancelling itself is the outcome": program({
    main: [spawn("a", "t"), caught(awaiting("t"))],
    a: [cancel("self"), raise("E1")],
  }),
};

export const taskRules: Readonly<Record<string, Program>> = { ...loop, ...cancellation };
