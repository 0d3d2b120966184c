/** A file of JSON, one value a line. A line that was begun is finished, so that the file holds whole lines only. */
import { type FileHandle, open } from "node:fs/promises";
import { type Awaitable, Lock, coroutine, fromPromise, shield, use } from "brigade";
import type { Answers } from "./apis.ts";
import type { Enriched } from "./enrich.ts";
import { InputError } from "./orders.ts";

export class JsonLines implements AsyncDisposable {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #turn = new Lock();
  #count = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Empties the file, or makes it. */
  static async create(path: string): Promise<JsonLines> {
    const file = await open(path, "w").catch((error: Error) => {
      throw new InputError(`Can't write ${path}: ${error.message}. Give another path with --output.`);
    });
    return new JsonLines(path, file);
  }

  /** How many lines have been written. */
  get count(): number {
    return this.#count;
  }

  /** Waits for its turn, then writes. A cancellation drops a line that has not begun, and waits for one that has. */
  write(value: object): Awaitable<void> {
    return use(this.#turn, () => shield(this.#append(`${JSON.stringify(value)}\n`)));
  }

  readonly #append = coroutine(function* (this: JsonLines, line: string) {
    yield* fromPromise(this.#file.appendFile(line));
    this.#count += 1;
  });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** The enriched order as it stands in the file. `problems` says for each fallback why it was needed. */
export function toRecord({ order, answers }: Enriched): object {
  const { pricing, shipping, inventory } = answers;
  const { unitPrice, currency } = pricing.value;
  const total = Math.round((order.quantity * unitPrice + shipping.value.cost) * 100) / 100;
  return {
    ...order,
    unitPrice,
    currency,
    total,
    shipping: shipping.value,
    inventory: inventory.value,
    problems: problemsOf(answers),
  };
}

function problemsOf(answers: Answers): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const [api, { problem, attempts }] of Object.entries(answers)) {
    if (problem !== undefined) problems[api] = `${problem}, ${attempts.length} attempts`;
  }
  return problems;
}
