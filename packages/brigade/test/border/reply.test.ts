import { createTask, sleep, timeout, TimeoutError, wait } from "brigade";
import { virtualClock } from "brigade/testing";
import { expect, test } from "vitest";
import { EndingReply, Reply } from "../../src/border/reply.ts";
import { virtually } from "../virtually.ts";

class Question extends Reply<string> {
  readonly events: string[] = [];
  constructor() {
    super("question", "what?");
  }
  protected override begin(): void {
    this.events.push("asked");
  }
  protected override abandoned(): void {
    this.events.push("abandoned");
  }
}

class Work extends EndingReply<string> {
  readonly stops: unknown[] = [];
  readonly answered = new Error("stopped, as asked");
  constructor() {
    super("work");
  }
  protected stop(reason: unknown): void {
    this.stops.push(reason);
  }
  protected override answersStop(error: unknown): boolean {
    return error === this.answered;
  }
}

test("asks when somebody waits, and gives the first answer", () =>
  virtually(function* () {
    const question = new Question();
    expect(question.events).toEqual([]);
    const task = createTask(question);
    yield* sleep(0);
    expect(question.events).toEqual(["asked"]);
    question.succeed("42");
    question.fail(new Error("too late"));
    expect(yield* task).toBe("42");
    expect(question.pending).toBe(false);
  }));

test("an answer that was there before anybody waited is given at once, and nothing is asked", () =>
  virtually(function* () {
    const question = new Question();
    question.fail(new RangeError("no"));
    let error: unknown;
    try {
      yield* question;
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toEqual(new RangeError("no"));
    expect(question.events).toEqual([]);
  }));

test("time stands while a task waits for the host", async () => {
  let asleep = false;
  await virtually(function* () {
    const question = new Question();
    const sleeping = createTask(sleep("1h"));
    // The host answers in real time, well within the patience of the clock.
    setTimeout(() => {
      asleep = !sleeping.done;
      question.succeed("");
    }, 5);
    yield* question;
    sleeping.cancel();
  });
  expect(asleep).toBe(true);
});

test("a cancelled wait gives back what was begun, and leaves at once", () =>
  virtually(function* () {
    const question = new Question();
    const task = createTask(question);
    yield* sleep(0);
    task.cancel();
    yield* wait([task]);
    expect([task.cancelled, question.events]).toEqual([true, ["asked", "abandoned"]]);
    yield* sleep("1h"); // nothing holds time back any more
  }));

test("what has to end by itself is asked once, and its task unwinds when it has", () =>
  virtually(function* () {
    const work = new Work();
    const task = createTask(work);
    yield* sleep(0);
    task.cancel("enough");
    task.cancel("again");
    for (let i = 0; i < 5; i++) yield* sleep(0);
    expect([task.done, work.stops]).toEqual([false, ["enough"]]);
    work.succeed("nearly");
    yield* wait([task]);
    expect(task.cancelled).toBe(true);
  }));

test("an error that only says that it was stopped is dropped; any other is the outcome", () =>
  virtually(function* () {
    const obedient = new Work();
    const failing = new Work();
    const tasks = [createTask(obedient), createTask(failing)] as const;
    yield* sleep(0);
    for (const task of tasks) task.cancel();
    yield* sleep(0);
    obedient.fail(obedient.answered);
    failing.fail(new Error("cleanup failed"));
    yield* wait(tasks);
    expect(tasks[0].cancelled).toBe(true);
    expect(tasks[1].exception()?.message).toBe("cleanup failed");
  }));

test("an expiring timeout asks it too, and throws when it has ended", () =>
  virtually(
    function* () {
      const work = new Work();
      const task = createTask(timeout(10, work));
      yield* sleep(20); // the clock goes on without the work when its patience is over
      expect([task.done, work.stops.length]).toEqual([false, 1]);
      work.succeed("too late");
      yield* wait([task]);
      expect(task.exception()).toBeInstanceOf(TimeoutError);
    },
    { clock: virtualClock({ patience: 1 }) },
  ));
