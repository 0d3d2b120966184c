/** Counts the abort listeners that are added to signals and not removed, while somebody looks for leaks. */

type Add = (type: string, listener: unknown, options?: boolean | AddEventListenerOptions) => void;
type Remove = (type: string, listener: unknown, options?: boolean | EventListenerOptions) => void;
/** The methods as they are called: on any target, with whatever arguments. */
interface Methods {
  addEventListener: Add;
  removeEventListener: Remove;
}

/** One listener that was added. */
interface Added {
  readonly signal: AbortSignal;
  readonly listener: unknown;
  readonly capture: boolean;
  /** Removes the listener when it fires. */
  readonly until: AbortSignal | undefined;
  readonly where: string;
}

/** One who counts. */
export class AbortListeners {
  readonly #added: Added[] = [];
  readonly #lent = new WeakSet<AbortSignal>();
  readonly #where: () => string;

  /** `where` says who adds a listener. */
  constructor(where: () => string) {
    this.#where = where;
    if (counting.size === 0) install();
    counting.add(this);
  }

  stop(): void {
    if (counting.delete(this) && counting.size === 0) uninstall();
  }

  /** The signal ends with the call that it was made for, and its listeners with it. */
  lent(signal: AbortSignal): void {
    this.#lent.add(signal);
  }

  /** Where each listener that is left was added. */
  get left(): readonly string[] {
    const gone = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;
    return this.#added
      .filter(({ signal, until }) => !gone(signal) && !gone(until) && !this.#lent.has(signal))
      .map(({ where }) => where);
  }

  add(signal: AbortSignal, listener: unknown, options: boolean | AddEventListenerOptions | undefined): void {
    if (signal.aborted || listener === null || listener === undefined) return;
    const capture = captures(options);
    if (this.#find(signal, listener, capture) >= 0) return;
    const until = typeof options === "object" ? options?.signal : undefined;
    this.#added.push({ signal, listener, capture, until, where: this.#where() });
  }

  remove(signal: AbortSignal, listener: unknown, options: boolean | EventListenerOptions | undefined): void {
    const index = this.#find(signal, listener, captures(options));
    if (index >= 0) this.#added.splice(index, 1);
  }

  #find(signal: AbortSignal, listener: unknown, capture: boolean): number {
    return this.#added.findIndex(
      (one) => one.signal === signal && one.listener === listener && one.capture === capture,
    );
  }
}

function captures(options: boolean | EventListenerOptions | null | undefined): boolean {
  return typeof options === "object" ? options?.capture === true : options === true;
}

const counting = new Set<AbortListeners>();
let original: Methods | undefined; // set while the prototype is changed

function install(): void {
  const prototype = EventTarget.prototype as unknown as Methods;
  const { addEventListener, removeEventListener } = prototype;
  original = { addEventListener, removeEventListener };
  prototype.addEventListener = function (this: EventTarget, type, listener, options) {
    if (type === "abort" && this instanceof AbortSignal) for (const one of counting) one.add(this, listener, options);
    addEventListener.call(this, type, listener, options);
  } satisfies Add;
  prototype.removeEventListener = function (this: EventTarget, type, listener, options) {
    if (type === "abort" && this instanceof AbortSignal) {
      for (const one of counting) one.remove(this, listener, options);
    }
    removeEventListener.call(this, type, listener, options);
  } satisfies Remove;
}

function uninstall(): void {
  if (original) Object.assign(EventTarget.prototype, original);
  original = undefined;
}
