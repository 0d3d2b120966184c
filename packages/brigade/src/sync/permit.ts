/** What is acquired, and given back once. */
import { witness } from "../kernel/witness.ts";
import type { Awaitable } from "../types.ts";

/** Something held: disposing or releasing it gives it back, the first time. */
export interface Permit extends Disposable {
  release(): void;
}

/** What `use` can acquire, and release at the end. */
export interface Acquirable<P extends Disposable> {
  acquire(): Awaitable<P>;
}

/** A permit of something that has `release()`. */
export class OwnedPermit implements Permit {
  #owner: { release(): void } | undefined; // undefined ⇔ given back

  constructor(owner: { release(): void }) {
    this.#owner = owner;
    if (witness !== undefined) witness.acquired(owner);
  }

  release(): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
