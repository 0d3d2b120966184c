/** Lost wake-up: a letter comes while an event is about to be cleared. Nobody is told, and the reader waits for ever. */
import { type Awaitable, Condition, type Coroutine, Event, coroutine, sleep, taskGroup } from "brigade";

/** Keeps letters until somebody takes them, all at once. */
interface Mailbox {
  put(letter: string): Awaitable<void>;
  /** Waits until there are letters, takes them, and writes them into the journal. */
  takeAll(): Awaitable<string[]>;
}

const appendToJournal = (_letters: readonly string[]) => sleep(10);

/** A condition made by hand: letters, and an event that says whether there are some. */
class MailboxWithEvent implements Mailbox {
  readonly #letters: string[] = [];
  readonly #arrived = new Event();
  put = coroutine(function* put(this: MailboxWithEvent, letter: string) {
    this.#letters.push(letter);
    this.#arrived.set();
  });
  takeAll = coroutine(function* takeAll(this: MailboxWithEvent) {
    yield* this.#arrived.wait();
    const letters = this.#letters.splice(0);
    yield* appendToJournal(letters);
    this.#arrived.clear(); // Wrong: it also clears what a letter set while the journal was written.
    return letters;
  });
}

/** The condition is the letters themselves: nothing can happen between the look at them and the wait for more. */
class MailboxWithCondition implements Mailbox {
  readonly #letters: string[] = [];
  readonly #changed = new Condition();
  put = coroutine(function* put(this: MailboxWithCondition, letter: string) {
    using _ = yield* this.#changed.acquire();
    this.#letters.push(letter);
    this.#changed.notify();
  });
  takeAll = coroutine(function* takeAll(this: MailboxWithCondition) {
    const letters: string[] = [];
    {
      using _ = yield* this.#changed.acquire();
      yield* this.#changed.waitFor(() => this.#letters.length > 0);
      letters.push(...this.#letters.splice(0));
    }
    yield* appendToJournal(letters);
    return letters;
  });
}

const post = coroutine(function* post(mailbox: Mailbox, letters: readonly string[]) {
  for (const letter of letters) {
    yield* sleep(5); // find the house
    yield* sleep(5); // walk there
    yield* mailbox.put(letter);
  }
});

const read = coroutine(function* read(mailbox: Mailbox, count: number) {
  for (let left = count; left > 0; ) left -= (yield* mailbox.takeAll()).length;
});

const house = coroutine(function* house(mailbox: Mailbox) {
  yield* taskGroup(function* (group) {
    group.createTask(read(mailbox, 3), { name: "reader" });
    group.createTask(post(mailbox, ["a bill", "a postcard", "a letter"]), { name: "postman" });
  });
});

export const broken = (): Coroutine<void> => house(new MailboxWithEvent());
export const fixed = (): Coroutine<void> => house(new MailboxWithCondition());
