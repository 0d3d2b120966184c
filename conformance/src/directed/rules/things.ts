/** Rules of synchronisation, queues, streams, and of what is left at the end. Each program is named by what it shows. */
import type { ObjectSpec, Program } from "../../program.ts";
import {
  acquire,
  attempt,
  awaiting,
  call,
  cancel,
  caught,
  close,
  forEach,
  gather,
  gatherCalls,
  get,
  getNowait,
  getVariable,
  give,
  giving,
  holding,
  hop,
  hops,
  join,
  next,
  notify,
  open,
  put,
  putNowait,
  release,
  set,
  setVariable,
  shutdown,
  sleep,
  spawn,
  spawnEagerly,
  taskDone,
  waitBarrier,
  waitCondition,
} from "../ops.ts";
import { program } from "./program.ts";

const lock: Readonly<Record<string, ObjectSpec>> = { o: { kind: "lock" } };
const event: Readonly<Record<string, ObjectSpec>> = { e: { kind: "event" } };

/** Sections 8 to 10: synchronisation, queues, streams; and what a task inherits. */
export const thingRules: Readonly<Record<string, Program>> = {
  "who comes late never overtakes one that was woken": program(
    {
      main: [acquire("o"), spawn("a", "t"), spawn("a", "u"), hop, release("o"), acquire("o"), release("o")],
      a: [holding("o", hop)],
    },
    lock,
  ),
  "a permit goes on from a waiter that is cancelled as it gets it": program(
    {
      main: [
        spawn("a", "t"),
        spawn("a", "u"),
        spawn("a", "w"),
        hop,
        release("o"),
        cancel("t"),
        ...hops(3),
        release("o"),
        sleep(1),
      ],
      a: [acquire("o")],
    },
    { o: { kind: "semaphore", permits: 0 } },
  ),
  "a notification goes on from a waiter that is cancelled with it": program(
    {
      main: [
        spawn("a", "t"),
        spawn("a", "u"),
        ...hops(2),
        acquire("o"),
        notify("o"),
        cancel("t"),
        release("o"),
        sleep(1),
      ],
      a: [holding("o", waitCondition("o"), hop)],
    },
    { o: { kind: "condition" } },
  ),
  "a cancelled waiter of a condition holds the lock again": program(
    {
      main: [spawn("a", "t"), hop, acquire("o"), cancel("t"), sleep(2), release("o"), caught(awaiting("t"))],
      a: [holding("o", attempt([waitCondition("o")], { finally: [hop] }))],
    },
    { o: { kind: "condition" } },
  ),
  "a barrier breaks for all when one is cancelled": program(
    {
      main: [spawn("a", "t"), spawn("a", "u"), hop, cancel("t"), ...hops(2), caught(waitBarrier("o"))],
      a: [caught(waitBarrier("o")), hop],
    },
    { o: { kind: "barrier", parties: 3 } },
  ),
  "an item goes to the next when its getter is cancelled": program(
    {
      main: [spawn("a", "t"), spawn("a", "u"), hop, put("q", 1), cancel("t"), ...hops(3), put("q", 2), sleep(1)],
      a: [get("q"), hop],
    },
    { q: { kind: "queue", maxSize: 1 } },
  ),
  "an item wakes the next in the step that cancels the first": program(
    {
      main: [spawn("a", "t"), spawn("a", "u"), ...hops(2), cancel("t"), put("q", 1), ...hops(3), awaiting("u")],
      a: [get("q"), hop],
    },
    { q: { kind: "queue", maxSize: 0 } },
  ),
  "room wakes the next in the step that cancels the first": program(
    {
      main: [
        put("q", 0),
        spawn("a", "t"),
        spawn("a", "u"),
        ...hops(2),
        cancel("t"),
        getNowait("q"),
        ...hops(3),
        awaiting("u"),
      ],
      a: [put("q", 1), hop],
    },
    { q: { kind: "queue", maxSize: 1 } },
  ),
  "who gets an item that was promised makes the other wait on": program(
    {
      main: [spawn("a", "t"), hop, putNowait("q", 1), getNowait("q"), ...hops(3), putNowait("q", 2), ...hops(3)],
      a: [get("q"), hop],
    },
    { q: { kind: "queue", maxSize: 0 } },
  ),
  "who takes room that was promised makes the other wait on": program(
    {
      main: [
        put("q", 0),
        spawn("a", "t"),
        hop,
        getNowait("q"),
        putNowait("q", 2),
        ...hops(3),
        getNowait("q"),
        ...hops(3),
      ],
      a: [put("q", 1), hop],
    },
    { q: { kind: "queue", maxSize: 1 } },
  ),
  "join waits for every item": program(
    {
      main: [
        putNowait("q", 1),
        putNowait("q", 2),
        spawn("a", "t"),
        hop,
        taskDone("q"),
        ...hops(3),
        taskDone("q"),
        ...hops(3),
      ],
      a: [join("q"), hop],
    },
    { q: { kind: "queue", maxSize: 0 } },
  ),
  "two permits in one step, and a newcomer": program(
    {
      main: [
        spawn("a", "t"),
        hop,
        release("o"),
        release("o"),
        spawnEagerly("a", "u"),
        acquire("o"),
        ...hops(3),
        release("o"),
        hop,
      ],
      a: [acquire("o"), hop],
    },
    { o: { kind: "semaphore", permits: 0 } },
  ),
  "a permit that is given up does not overtake": program(
    {
      main: [
        spawn("a", "t"),
        spawn("a", "u"),
        hop,
        release("o"),
        cancel("t"),
        spawnEagerly("a", "w"),
        ...hops(4),
        release("o"),
        sleep(1),
      ],
      a: [acquire("o"), hop],
    },
    { o: { kind: "semaphore", permits: 0 } },
  ),
  "producers and consumers until a shutdown": program(
    {
      main: [
        spawn("c", "t"),
        spawn("c", "u"),
        call("p"),
        join("q"),
        shutdown("q"),
        gather([{ task: "t" }, { task: "u" }], true),
      ],
      c: [get("q"), taskDone("q"), sleep(1), get("q"), taskDone("q"), get("q")],
      p: [1, 2, 3, 4].map((value) => put("q", value)),
    },
    { q: { kind: "queue", maxSize: 1 } },
  ),
  "a stream is pulled: it runs no further than it is read": program(
    { main: [open("s", "r"), hop, next("r"), hop, next("r"), close("r"), next("r"), hop] },
    {},
    { s: [giving([hop, give(1), hop, give(2), hop, give(3)], [hop])] },
  ),
  "streams that are left half read are unwound at the end, one after another": program(
    { main: [open("s", "r"), open("s", "u"), next("u"), next("r"), forEach("s", 0)] },
    {},
    { s: [giving([give(1), give(2)], [sleep(1)])] },
  ),
  "a task sees what its starter had set, and nothing later": program(
    {
      main: [
        setVariable("n", 1),
        spawn("a", "t"),
        setVariable("n", 2),
        hop,
        getVariable("n"),
        awaiting("t"),
        getVariable("n"),
      ],
      a: [getVariable("n"), setVariable("n", 5), gatherCalls("b"), call("b"), getVariable("n")],
      b: [getVariable("n"), setVariable("n", 6)],
    },
    { n: { kind: "variable", value: 0 } },
  ),
  "a deadlock unwinds every task": program(
    {
      main: [spawn("a", "t"), holding("o", hop, holding("u", hop))],
      a: [holding("u", hop, holding("o", hop))],
    },
    { o: { kind: "lock" }, u: { kind: "lock" } },
  ),
  "what main leaves behind is unwound, and what that starts as well": program(
    {
      main: [spawn("a", "t"), spawn("b", "u"), hop, set("e")],
      a: [attempt([sleep(9)], { finally: [spawn("b", "w"), hop] })],
      b: [sleep(1)],
    },
    event,
  ),
};
