/** Lost update: two deposits read the same balance, and the one that writes last wipes out the other. */
import { type Coroutine, Lock, coroutine, sleep, taskGroup, use } from "brigade";

/** A ledger far away: what a call does happens when its 10 ms are over. */
class Ledger {
  balance = 100;
  read = coroutine(function* (this: Ledger) {
    yield* sleep(10);
    return this.balance;
  });
  write = coroutine(function* (this: Ledger, balance: number) {
    yield* sleep(10);
    this.balance = balance;
  });
}

type Deposit = (ledger: Ledger, amount: number) => Coroutine<void>;

// Wrong: between the read and the end of the write, another deposit may read the same balance.
const deposit: Deposit = coroutine(function* (ledger, amount) {
  const balance = yield* ledger.read();
  yield* ledger.write(balance + amount);
});

/** Deposits that take turns: a lock is held from the read to the end of the write. */
function depositInTurn(): Deposit {
  const turn = new Lock();
  return coroutine(function* (ledger, amount) {
    yield* use(turn, () => deposit(ledger, amount));
  });
}

const payday = coroutine(function* payday(deposit: Deposit) {
  const ledger = new Ledger();
  yield* taskGroup(function* (group) {
    group.createTask(deposit(ledger, 50), { name: "salary" });
    yield* sleep(10); // the gift comes when the salary is about to write
    group.createTask(deposit(ledger, 7), { name: "gift" });
  });
  if (ledger.balance !== 157) throw new Error(`100 + 50 + 7 is 157, but the balance is ${ledger.balance}`);
});

export const broken = (): Coroutine<void> => payday(deposit);
export const fixed = (): Coroutine<void> => payday(depositInTurn());
