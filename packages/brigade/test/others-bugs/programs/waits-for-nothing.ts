/** Waits for an event that nobody can set. */
import { coroutine, Event, run, taskGroup } from "brigade";

const waiting = coroutine(function* waitingForNothing() {
  yield* new Event().wait();
});

await run(
  taskGroup(function* (group) {
    group.createTask(waiting(), { name: "forgotten child" });
    yield* waiting();
  }),
);
