/** What the loop needs of the JavaScript host, in one place: its turn, its timer, its end, its signals. */

export interface Host {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back after the host has had its turn: sockets, timers, rendering. Keeps the process alive until then. */
  defer(callback: () => void): void;
  /** Calls back once; keeps the process alive until then. Gives what cancels it. */
  timer(callback: () => void, delay: number): () => void;
  /** Calls back once, unless the process has ended by then. Gives what cancels it. */
  later(callback: () => void, delay: number): () => void;
  /** Keeps the process alive until what it gives is called. */
  hold(): () => void;
  /** Calls back when the process is about to end for want of anything to do. Gives what cancels it. */
  onIdle(callback: () => void): () => void;
  /** Calls back on a signal to the process. Gives what cancels it. */
  onSignal(name: string, callback: () => void): () => void;
  /** Ends the process as the signal would have done. */
  kill(signal: string): void;
  /** The function, bound to the AsyncLocalStorage stores of the caller, where the host has them. */
  bind<F extends () => void>(callback: F): F;
  /** Runs functions with the AsyncLocalStorage stores that the caller sees now; undefined where the host has none. */
  snapshot(): ((callback: () => void) => void) | undefined;
  warn(text: string): void;
  /** What the environment says; undefined where it says nothing, or there is none. */
  env(name: string): string | undefined;
  /** How many listen for the signal to the process. */
  listeners(signal: string): number;
  /** Whether a listener for a signal lets the process end: not on Deno, nor on Bun. */
  readonly quietSignals: boolean;
  /** Loads the module by name, at once; undefined where the host can't, or there is no such module. */
  load(name: string): unknown;
  /** What runs here, for records of it. */
  description(): { readonly pid?: number; readonly host?: string };
}

/** The static side of AsyncLocalStorage. */
interface Stores {
  bind?<F>(callback: F): F;
  snapshot?(): (callback: () => void) => void;
}

interface Builtin {
  readonly AsyncLocalStorage?: Stores;
  createRequire?(from: string): (name: string) => unknown;
}

/** The parts of the hosts' globals that are used, where a host has them. */
interface HostGlobals {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly Deno?: {
    readonly permissions?: { querySync(what: { name: "env"; variable: string }): { readonly state: string } };
  };
  readonly process?: {
    readonly pid: number;
    readonly versions?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string | undefined>>;
    listenerCount?(event: string): number;
    on?(event: string, listener: () => void): unknown;
    off?(event: string, listener: () => void): unknown;
    kill?(pid: number, signal: string): unknown;
    getBuiltinModule?(name: string): Builtin | undefined;
  };
}

const { setImmediate, process, Deno } = globalThis as unknown as HostGlobals;

const LONGEST_TIMER = 2 ** 31 - 1; // what setTimeout can take; the loop looks again when it is over

/** For hosts without setImmediate. */
function messageChannelDefer(): (callback: () => void) => void {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    channel.port2.postMessage(undefined);
  };
}

/** One listener on the process for each event, however many loops wait for it. */
class ProcessEvent {
  readonly #callbacks = new Set<() => void>(); // not empty ⇔ #emit listens
  readonly #event: string;
  readonly #emit = (): void => {
    for (const callback of [...this.#callbacks]) callback();
  };

  constructor(event: string) {
    this.#event = event;
  }

  add(callback: () => void): () => void {
    if (this.#callbacks.size === 0) process?.on?.(this.#event, this.#emit);
    this.#callbacks.add(callback);
    return () => {
      if (this.#callbacks.delete(callback) && this.#callbacks.size === 0) process?.off?.(this.#event, this.#emit);
    };
  }
}

const processEvents = /* @__PURE__ */ new Map<string, ProcessEvent>();

function listen(event: string, callback: () => void): () => void {
  let known = processEvents.get(event);
  if (!known) processEvents.set(event, (known = new ProcessEvent(event)));
  return known.add(callback);
}

function stores(): Stores | undefined {
  return process?.getBuiltinModule?.("node:async_hooks")?.AsyncLocalStorage;
}

/** Deno gives the environment to those who may read it, and would ask at the terminal for the others. */
function mayRead(variable: string): boolean {
  const permission = Deno?.permissions?.querySync({ name: "env", variable });
  return permission === undefined || permission.state === "granted";
}

let defer: ((callback: () => void) => void) | undefined;

/** The host that this module runs on: Node, Deno, Bun or a browser. */
export const host: Host = {
  now: () => performance.now(),
  defer(callback) {
    defer ??= setImmediate ?? messageChannelDefer();
    defer(callback);
  },
  timer(callback, delay) {
    const timer = setTimeout(callback, Math.min(Math.ceil(delay), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
  later(callback, delay) {
    const timer = setTimeout(callback, delay) as unknown as { unref?(): void };
    timer.unref?.();
    return () => clearTimeout(timer as unknown as ReturnType<typeof setTimeout>);
  },
  hold() {
    const timer = setInterval(() => {}, LONGEST_TIMER);
    return () => clearInterval(timer);
  },
  onIdle: (callback) => listen("beforeExit", callback),
  onSignal: listen,
  kill: (signal) => void process?.kill?.(process.pid, signal),
  bind: (callback) => stores()?.bind?.(callback) ?? callback,
  snapshot: () => stores()?.snapshot?.(),
  warn: (text) => console.error(text),
  env: (name) => (mayRead(name) ? process?.env?.[name] : undefined),
  quietSignals: process?.versions?.["node"] !== undefined && !process.versions["deno"] && !process.versions["bun"],
  listeners: (signal) => process?.listenerCount?.(signal) ?? 0,
  load(name) {
    try {
      return process?.getBuiltinModule?.("node:module")?.createRequire?.(import.meta.url)(name);
    } catch (error) {
      this.warn(`brigade: ${name} can't be loaded here: ${String(error)}`);
      return undefined;
    }
  },
  description() {
    if (!process) return {};
    const { bun, deno, node } = process.versions ?? {};
    const name = deno ? `Deno ${deno}` : bun ? `Bun ${bun}` : node ? `Node ${node}` : undefined;
    return { pid: process.pid, ...(name === undefined ? {} : { host: name }) };
  },
};
