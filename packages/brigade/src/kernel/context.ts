/** Context-local values: what code sees depends on the task or callback it runs in (asyncio: contextvars, PEP 567). */
import { InvalidStateError } from "../errors.ts";
import type { Context } from "../types.ts";

/** The values that are set. Never changed: setting one makes a new map, so that copies are free. */
export type Values = ReadonlyMap<object, unknown> | undefined;

/** What the code that runs now sees. */
export let values: Values;

/** Makes these the values that code sees; gives those before. */
export function enterContext(next: Values): Values {
  const before = values;
  values = next;
  return before;
}

/** A variable whose value belongs to the task: a new task begins with its creator's, and changes only its own. */
export class ContextVar<T> {
  readonly name: string;
  readonly #default: { readonly value: T } | undefined;

  constructor(name: string, options: { default?: T } = {}) {
    this.name = name;
    this.#default = "default" in options ? { value: options.default } : undefined;
  }

  /** The value here; the default where none is set. Throws `InvalidStateError` when there is neither. */
  get(): T {
    if (values?.has(this)) return values.get(this) as T;
    if (this.#default) return this.#default.value;
    throw new InvalidStateError(`the context variable "${this.name}" is not set here, and has no default`);
  }

  /** Sets the value for the rest of this task or callback. `reset` gives back the value before, once. */
  set(value: T): { reset(): void } {
    const had = values?.has(this) ?? false;
    const before = values?.get(this);
    values = new Map(values).set(this, value);
    let used = false;
    const reset = (): void => {
      if (used) throw new InvalidStateError(`reset: the context variable "${this.name}" was reset by this already`);
      used = true;
      const next = new Map(values);
      if (had) next.set(this, before);
      else next.delete(this);
      values = next;
    };
    return { reset };
  }
}

/** A context of its own. What runs in it sees its values, and changes them. */
export class ContextCopy implements Context {
  values: Values; // while it is entered: those before
  entered = false; // code runs in it

  constructor(from: Values) {
    this.values = from;
  }

  /** Calls back in this context. Throws `InvalidStateError` while code runs in it already. */
  run<R>(callback: () => R): R {
    if (this.entered)
      throw new InvalidStateError("this context is entered already: copy it to run something else in it");
    const outer = this.enter();
    try {
      return callback();
    } finally {
      this.leave(outer);
    }
  }

  /** Makes its values the ones that code sees; gives those before. */
  enter(): Values {
    this.entered = true;
    return enterContext(this.values);
  }

  leave(outer: Values): void {
    this.values = enterContext(outer);
    this.entered = false;
  }
}

/** A copy of the values that this code sees, for `createTask({ context })` and `run`. */
export function copyContext(): Context {
  return new ContextCopy(values);
}
