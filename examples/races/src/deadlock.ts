/** Deadlock: two transfers take the same two locks in different orders, and each waits for the one that the other holds. */
import { type Coroutine, Lock, coroutine, sleep, taskGroup, use } from "brigade";

class Account {
  readonly id: number;
  readonly lock = new Lock();
  balance = 100;
  constructor(id: number) {
    this.id = id;
  }
}

type LockOrder = (from: Account, to: Account) => readonly [Account, Account];

// Wrong: a transfer back takes the same locks the other way round.
const asGiven: LockOrder = (from, to) => [from, to];

/** Everybody takes the locks in the same order, so that nobody holds the second and waits for the first. */
const byId: LockOrder = (from, to) => (from.id < to.id ? [from, to] : [to, from]);

const transfer = coroutine(function* transfer(from: Account, to: Account, amount: number, order: LockOrder) {
  const [first, second] = order(from, to);
  yield* sleep(5); // may this user do that?
  yield* use(first.lock, function* () {
    yield* sleep(10); // is the account open?
    yield* use(second.lock, function* () {
      yield* sleep(5); // the audit log
      from.balance -= amount;
      to.balance += amount;
    });
  });
});

const bank = coroutine(function* bank(order: LockOrder) {
  const [savings, wallet] = [new Account(1), new Account(2)];
  yield* taskGroup(function* (group) {
    group.createTask(transfer(savings, wallet, 30, order), { name: "to-wallet" });
    yield* sleep(10); // the way back begins when the first transfer is about to take its second lock
    group.createTask(transfer(wallet, savings, 10, order), { name: "to-savings" });
  });
});

export const broken = (): Coroutine<void> => bank(asGiven);
export const fixed = (): Coroutine<void> => bank(byId);
