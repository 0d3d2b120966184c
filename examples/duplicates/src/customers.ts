/** Customers to try it with: made up, the same every time, one in twenty entered twice with a typing error. */
import { type Coroutine, type CoroutineBody, coroutine } from "brigade";
import { write } from "brigade/node";

const first = ["Ada", "Alan", "Barbara", "Dennis", "Edsger", "Frances", "Grace", "John", "Margaret", "Niklaus"];
const last = [
  "Allen",
  "Dijkstra",
  "Hamilton",
  "Hopper",
  "Kernighan",
  "Liskov",
  "Lovelace",
  "Ritchie",
  "Turing",
  "Wirth",
];
const streets = ["Harbour Road", "Mill Lane", "Station Street", "Orchard Way", "Castle Square", "River Walk"];

export const sample: (file: string, rows?: number) => Coroutine<void> = coroutine(function* sample(
  file: string,
  rows: number = 2000,
): CoroutineBody<void> {
  yield* write(file, ["name,street,number,city code\n", ...customers(rows)]);
});

function* customers(rows: number): Generator<string> {
  const chance = new Chance(7);
  let before = "";
  for (let row = 0; row < rows; row++) {
    const again = row % 20 === 19;
    const customer = again ? misspelt(before, chance) : fresh(chance);
    before = customer;
    yield `${customer}\n`;
  }
}

function fresh(chance: Chance): string {
  const name = `${chance.of(first)} ${chance.of(last)}`;
  return `${name},${chance.of(streets)},${chance.below(900) + 1},${chance.below(90_000) + 10_000}`;
}

function misspelt(customer: string, chance: Chance): string {
  const at = 1 + chance.below(8);
  return customer.slice(0, at) + customer.slice(at + 1);
}

/** Numbers that look random and are the same every time (a linear congruential generator). */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(end: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * end);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}
