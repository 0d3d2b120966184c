/** A queue consumer that dies: one job fails, its worker ends with it, and `join` waits for a job that nobody will finish. */
import { type Coroutine, Queue, coroutine, createTask, sleep, taskGroup } from "brigade";

interface Job {
  readonly kind: "payment" | "refund";
  readonly order: string;
}
class UnknownPayment extends Error {
  override name = "UnknownPayment";
}

/** Who paid, and has not been paid back. A refund needs the payment to be there. */
class Payments {
  readonly #paid = new Set<string>();
  handle = coroutine(function* handle(this: Payments, { kind, order }: Job) {
    yield* sleep(10); // the bank
    if (kind === "payment") this.#paid.add(order);
    else if (!this.#paid.delete(order)) throw new UnknownPayment(`there is no payment for ${order}`);
  });
}

const feed = coroutine(function* feed(jobs: Queue<Job>) {
  yield* jobs.put({ kind: "payment", order: "A-17" });
  yield* jobs.put({ kind: "refund", order: "A-17" });
  yield* jobs.join();
});

// Wrong: an error ends the loop. This worker takes no further job, and the one it had is never said to be done.
const fragileWorker = coroutine(function* work(jobs: Queue<Job>, payments: Payments) {
  for (;;) {
    const job = yield* jobs.get();
    yield* payments.handle(job);
    jobs.taskDone();
  }
});

export const broken: () => Coroutine<void> = coroutine(function* office() {
  const [jobs, payments] = [new Queue<Job>(), new Payments()];
  const workers = ["Ann", "Bob"].map((name) => createTask(fragileWorker(jobs, payments), { name }));
  yield* feed(jobs);
  for (const worker of workers) worker.cancel();
});

/** A job that comes too early goes to the end of the line, and is said to be done whatever happens to it. */
const sturdyWorker = coroutine(function* work(jobs: Queue<Job>, payments: Payments) {
  for (;;) {
    const job = yield* jobs.get();
    try {
      yield* payments.handle(job);
    } catch (error) {
      if (!(error instanceof UnknownPayment)) throw error;
      yield* jobs.put(job);
    } finally {
      jobs.taskDone();
    }
  }
});

/** The workers belong to a group: an error that they do not expect ends the office, and not one worker in silence. */
export const fixed: () => Coroutine<void> = coroutine(function* office() {
  const [jobs, payments] = [new Queue<Job>(), new Payments()];
  yield* taskGroup(function* (group) {
    for (const name of ["Ann", "Bob"]) group.createTask(sturdyWorker(jobs, payments), { name });
    yield* feed(jobs);
    group.cancelChildren();
  });
});
