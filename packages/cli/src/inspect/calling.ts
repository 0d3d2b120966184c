/** A call whose pieces are read one by one: the program sends the next when the last was taken. */
import type { CallName } from "brigade/trace";
import type { Attached } from "../attach/attached.ts";

export class Calling implements AsyncIterable<string> {
  readonly #program: Attached;
  readonly #call: CallName;
  readonly #params: object;
  #value: unknown;

  constructor(program: Attached, call: CallName, params: object) {
    this.#program = program;
    this.#call = call;
    this.#params = params;
  }

  /** What the program answered, after its pieces. */
  get value(): unknown {
    return this.#value;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    let arrived = Promise.withResolvers<string | undefined>();
    let taken = Promise.withResolvers<void>();
    const whole = this.#program.call(this.#call, this.#params, async (piece) => {
      arrived.resolve(piece);
      await taken.promise;
    });
    const end = whole.then((value) => {
      this.#value = value;
      return undefined;
    });
    try {
      for (;;) {
        const piece = await Promise.race([arrived.promise, end]);
        if (piece === undefined) return;
        yield piece;
        arrived = Promise.withResolvers();
        const last = taken;
        taken = Promise.withResolvers();
        last.resolve();
      }
    } finally {
      taken.resolve(); // whoever leaves in the middle holds nobody up
    }
  }
}
