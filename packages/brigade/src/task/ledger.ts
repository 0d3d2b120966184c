/** Counts coroutines that nobody has started: one ledger for each coroutine function on each loop. */
import { type Loop, runningLoop } from "../kernel/loop.ts";
import { place } from "./trace.ts";

export class Ledger {
  readonly definition: Definition;
  readonly loop: Loop | undefined;
  /** The loop, when making a coroutine takes no more than counting it: not in debug. */
  readonly plainFor: Loop | undefined | null;
  unstarted = 0; // coroutines made on this loop that were neither started, handed over, nor closed
  readonly sites: Sites | undefined; // in debug: where they were made

  constructor(definition: Definition, loop: Loop | undefined) {
    this.definition = definition;
    this.loop = loop;
    this.sites = loop?.debug ? new Sites() : undefined;
    this.plainFor = loop?.debug ? null : loop;
  }

  get name(): string {
    return this.definition.name;
  }
}

/** Where the coroutines of a ledger were made that may still be started. */
class Sites {
  #made: { readonly unused: () => boolean; readonly place: string }[] = [];
  #enough = 64; // entries at which those that were used are dropped

  note(unused: () => boolean, above: (...args: never) => unknown): void {
    const at = place(above);
    if (at) this.#made.push({ unused, place: at });
    if (this.#made.length < this.#enough) return;
    this.#made = this.#made.filter((one) => one.unused());
    this.#enough = Math.max(64, this.#made.length * 2);
  }

  unused(): string[] {
    return [...new Set(this.#made.filter((one) => one.unused()).map((one) => one.place))];
  }
}

/** What all coroutines of one coroutine function share. */
export class Definition {
  #name: string | (() => string);
  #ledger: Ledger;

  constructor(name: string | (() => string)) {
    this.#name = name;
    this.#ledger = new Ledger(this, undefined);
  }

  /** The function's name; for a function without one, the place of its definition. */
  get name(): string {
    if (typeof this.#name !== "string") this.#name = this.#name();
    return this.#name;
  }

  /** The ledger of the loop whose turn it is. */
  get ledger(): Ledger {
    return this.#ledger.loop === runningLoop ? this.#ledger : this.#turnTo(runningLoop);
  }

  #turnTo(loop: Loop | undefined): Ledger {
    const ledgers: { get(key: Definition): Ledger | undefined; set(key: Definition, ledger: Ledger): unknown } = loop
      ? ledgersOf(loop)
      : outside;
    let ledger = ledgers.get(this);
    if (!ledger) ledgers.set(this, (ledger = new Ledger(this, loop)));
    this.#ledger = ledger;
    return ledger;
  }
}

type Ledgers = Map<Definition, Ledger>;

const outside = /* @__PURE__ */ new WeakMap<Definition, Ledger>();
const byLoop = /* @__PURE__ */ new WeakMap<Loop, Ledgers>();

function ledgersOf(loop: Loop): Ledgers {
  let ledgers = byLoop.get(loop);
  if (!ledgers) byLoop.set(loop, (ledgers = new Map()));
  return ledgers;
}

/** Reports the coroutines made on this loop that nobody started. */
export function reportNeverAwaited(loop: Loop): void {
  for (const { name, unstarted, sites } of byLoop.get(loop)?.values() ?? []) {
    if (unstarted === 0) continue;
    const times = unstarted === 1 ? "" : ` (${unstarted} times)`;
    const places = sites?.unused() ?? [];
    const where = places.length > 0 ? `; made at ${places.join(", ")}` : "";
    const message = `coroutine "${name}" was never awaited${times}: write yield* before it, or call close()${where}`;
    loop.report({ kind: "never-awaited", message });
  }
  byLoop.delete(loop);
}
