/** Counts coroutines that nobody has started: one ledger for each coroutine function on each loop. */
import { type Loop, runningLoop } from "../kernel/loop.ts";
import { place } from "./trace.ts";

export class Ledger {
  readonly definition: Definition;
  readonly loop: Loop | undefined;
  unstarted = 0; // coroutines made on this loop that were neither started, handed over, nor closed
  readonly sites: string[] | undefined; // in debug: where they were made

  constructor(definition: Definition, loop: Loop | undefined) {
    this.definition = definition;
    this.loop = loop;
    this.sites = loop?.debug ? [] : undefined;
  }

  get name(): string {
    return this.definition.name;
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
    const ledgers: { get(key: Definition): Ledger | undefined; set(key: Definition, ledger: Ledger): unknown } =
      loop ? ledgersOf(loop) : outside;
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

/** Writes down where a coroutine was made. */
export function noteSite(sites: string[], above: (...args: never) => unknown): void {
  const site = place(above);
  if (site) sites.push(site);
}

/** Reports the coroutines made on this loop that nobody started. */
export function reportNeverAwaited(loop: Loop): void {
  for (const { name, unstarted, sites } of byLoop.get(loop)?.values() ?? []) {
    if (unstarted === 0) continue;
    const times = unstarted === 1 ? "" : ` (${unstarted} times)`;
    const where = sites?.length ? `; made at ${[...new Set(sites)].join(", ")}` : "";
    const message = `coroutine "${name}" was never awaited${times}: write yield* before it, or call close()${where}`;
    loop.report({ kind: "never-awaited", message });
  }
  byLoop.delete(loop);
}
