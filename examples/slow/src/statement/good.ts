/** A bank statement with nothing to gain: each question needs the answer before it, and what can be asked at once is. */
import { type Coroutine, coroutine, gather, run, sleep } from "brigade";

const findAccount = coroutine(function* findAccount(name: string) {
  yield* sleep("30ms");
  return { id: name.length, currency: "EUR" };
});

const loadBookings = coroutine(function* loadBookings(account: number) {
  yield* sleep("50ms");
  return [account * 3, account * 4];
});

const describe = coroutine(function* describe(booking: number) {
  yield* sleep("20ms");
  return `booking ${booking}`;
});

export const main: () => Coroutine<{ currency: string; lines: string[] }> = coroutine(function* statement() {
  const account = yield* findAccount("Ada");
  const bookings = yield* loadBookings(account.id);
  const lines = yield* gather(bookings.map((booking) => describe(booking)));
  return { currency: account.currency, lines };
});

if (import.meta.main) console.log(await run(main()));
