/** Rules of scopes, and of running many. Each program is named by what it shows. */
import type { ObjectSpec, Program } from "../../program.ts";
import {
  attempt,
  awaiting,
  cancel,
  caught,
  child,
  gather,
  gatherCalls,
  group,
  hop,
  hops,
  moveOnAfter,
  raise,
  reschedule,
  sleep,
  spawn,
  timeout,
  wait,
  waitEvent,
} from "../ops.ts";
import { program } from "./program.ts";

const event: Readonly<Record<string, ObjectSpec>> = { e: { kind: "event" } };

/** Section 6: scopes. */
const scopes: Readonly<Record<string, Program>> = {
  "the outer of two scopes that expire together wins": program({
    main: [caught(timeout("x", 2, moveOnAfter("y", 2, attempt([sleep(9)], { finally: [sleep(1)] })), hop)), hop],
  }),
  "an outer scope that expires during a cleanup wins": program({
    main: [caught(timeout("x", 3, caught(timeout("y", 1, attempt([sleep(9)], { finally: [sleep(5)] }))), hop)), hop],
  }),
  "a cancellation during a scope's cleanup wins": program({
    main: [spawn("a", "t"), sleep(2), cancel("t"), caught(awaiting("t")), hop],
    a: [caught(timeout("x", 1, attempt([sleep(9)], { finally: [sleep(3)] }))), hop],
  }),
  "a timeout is put off in the iteration in which it expires": program({
    main: [spawn("a", "t"), hop, reschedule("x", 2), sleep(1), caught(awaiting("t"))],
    a: [timeout("x", 0, sleep(9))],
  }),
  "a timeout of 2 ms is put off as it expires": program({
    main: [spawn("b", "u"), spawn("a", "t"), caught(awaiting("t")), hop],
    a: [timeout("x", 2, sleep(9))],
    b: [sleep(2), reschedule("x", 1), hop, reschedule("x", 0)],
  }),
  "a timeout is put to now as it expires": program({
    main: [spawn("b", "u"), spawn("a", "t"), hop, reschedule("x", 0), caught(awaiting("t")), hop],
    a: [timeout("x", 0, sleep(9))],
    b: hops(5),
  }),
  "a timeout that is put off again and again": program(
    {
      main: [spawn("a", "t"), ...[1, 1, 1].flatMap((ms) => [sleep(ms), reschedule("x", 2)]), caught(awaiting("t"))],
      a: [caught(timeout("x", 2, waitEvent("e"))), hop],
    },
    event,
  ),
  "children of children are awaited": program({
    main: [group("g", child("g", "a", "t"), hop), hop],
    a: [hop, child("g", "b", "u")],
    b: [sleep(1), child("g", "c", "w")],
    c: [sleep(1)],
  }),
  "errors of a group come in the order they happened": program({
    main: [caught(group("g", child("g", "c", "w"), child("g", "a", "t"), child("g", "b", "u"))), hop],
    a: [attempt([sleep(9)], { finally: [raise("E2")] })],
    b: [hop, raise("E1")],
    c: [attempt([sleep(9)], { finally: [sleep(1), raise("E3")] })],
  }),
  "a group in a cancelled task awaits its children": program({
    main: [spawn("a", "t"), ...hops(3), cancel("t"), caught(awaiting("t")), hop],
    a: [attempt([group("g", child("g", "b", "u"), child("g", "b", "w"))], { finally: [hop] })],
    b: [attempt([sleep(9)], { finally: [sleep(2)] })],
  }),
  "a group whose children fail while its task is cancelled fails": program({
    main: [spawn("a", "t"), ...hops(3), cancel("t"), caught(awaiting("t")), hop],
    a: [caught(group("g", child("g", "b", "u"))), hop],
    b: [attempt([sleep(9)], { finally: [hop, raise("E1")] })],
  }),
};

/** Section 7: running many. */
const many: Readonly<Record<string, Program>> = {
  "the first failure of a gather cancels the others and waits": program({
    main: [caught(gatherCalls("a", "b", "c")), hop],
    a: [attempt([sleep(9)], { finally: [sleep(2)] })],
    b: [hop, raise("E1")],
    c: [attempt([sleep(9)], { finally: [raise("E2")] })],
  }),
  "a cancelled gather cancels all, at every depth": program({
    main: [spawn("m", "t"), ...hops(3), cancel("t"), caught(awaiting("t"))],
    m: [
      gather([
        { function: "a" },
        {
          gather: {
            items: [{ function: "a" }, { gather: { items: [{ function: "a" }], returnExceptions: true } }],
            returnExceptions: false,
          },
        },
      ]),
    ],
    a: [attempt([sleep(9)], { finally: [sleep(1)] })],
  }),
  "a gather of what ends at once takes as long as asyncio's": program({
    main: [spawn("ticks", "t"), gatherCalls("a", "a"), hop, gatherCalls("b"), hop, gather([]), hop],
    ticks: hops(8),
    a: [],
    b: [raise("E1")],
  }),
  "wait for the first error ends at it": program({
    main: [spawn("a", "t"), spawn("b", "u"), spawn("c", "w"), wait(["t", "u", "w"], "first-exception"), hop],
    a: [],
    b: [sleep(1), raise("E1")],
    c: [sleep(5)],
  }),
  "wait cancels nobody": program({
    main: [spawn("a", "t"), spawn("m", "u"), ...hops(2), cancel("u"), caught(awaiting("u")), awaiting("t")],
    m: [wait(["t"], "all-completed")],
    a: [sleep(2)],
  }),
};

export const scopeRules: Readonly<Record<string, Program>> = { ...scopes, ...many };
