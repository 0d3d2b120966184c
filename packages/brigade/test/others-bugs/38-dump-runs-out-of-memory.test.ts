/**
 * kotlinx.coroutines DebugProbes (kotlinx.coroutines#1535): dumping 50,000 coroutines built the text of all of them, and ran out
 * of memory. Here tasks are written one after the other, as fast as they are read.
 */
import { expect, test } from "vitest";
import { folder, Program, socketOf, watch } from "../trace/hostile/watched.ts";

const TASKS = 50_000;

/** Tasks that wait three coroutines deep, in a heap that has room for them (67 MB) and not for their text, twice, beside them. */
const CROWD = `
import { coroutine, createTask, Event, run, sleep } from "brigade";
const event = new Event();
const deep = coroutine(function* deep(depth) {
  if (depth === 0) yield* event.wait();
  else yield* deeper(depth - 1);
});
const deeper = coroutine(function* deeper(depth) { yield* deep(depth - 1); });
const main = coroutine(function* main() {
  for (let i = 0; i < ${TASKS}; i++) createTask(deep(2));
  yield* sleep(10);
  console.log("ready");
  yield* sleep("1h");
});
await run(main());
`;

function crowd(place: string): Program {
  return new Program(CROWD, {
    env: { BRIGADE_INSPECT: "1", XDG_RUNTIME_DIR: place },
    flags: ["--max-old-space-size=96"],
  });
}

test("a dump of 50,000 suspended coroutines has each with its frames, in a heap with no room for a second copy of them", {
  timeout: 60_000,
}, async () => {
  const place = folder();
  const program = crowd(place);
  await program.printed("ready");
  const watcher = (await watch(socketOf(place, program))).read();
  const { pieces, value } = await watcher.call("dump");
  const text = pieces.join("");
  expect(value).toEqual({ tasks: TASKS + 1 });
  expect(text.match(/^task "/gm)).toHaveLength(TASKS + 1);
  expect(text.match(/^ +at deep \(/gm)).toHaveLength(2 * TASKS);
  expect(text.match(/^ +at deeper \(/gm)).toHaveLength(TASKS);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
  // It lives, and answers.
  expect((await watcher.call("stats")).value).toMatchObject({ tasks: TASKS + 1 });
});

test("those who ask for dumps and do not read them hold up nobody who reads", {
  timeout: 60_000,
}, async () => {
  const place = folder();
  const program = crowd(place);
  await program.printed("ready");
  for (let i = 0; i < 8; i++) {
    const deaf = await watch(socketOf(place, program));
    deaf.socket.pause();
    for (let request = 0; request < 20; request++) deaf.send("dump");
  }
  const watcher = (await watch(socketOf(place, program))).read();
  for (let i = 0; i < 10; i++) expect((await watcher.call("stats")).value).toMatchObject({ tasks: TASKS + 1 });
  expect((await watcher.call("tasks", { limit: 10 })).value).toMatchObject({ tasks: TASKS + 1 });
  program.signal("SIGTERM");
  expect((await program.ended).signal).toBe("SIGTERM");
});
