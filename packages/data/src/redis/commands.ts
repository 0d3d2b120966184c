/** One method for each command that the driver knows. */
import { type Awaitable, InvalidStateError } from "brigade";
import { Recorder } from "./batch.ts";
import { BLOCKING, BUFFER, plainName } from "./blocking/forms.ts";
import type { Driver } from "./driver.ts";

/** What carries commands out: the methods that are made call it. */
export interface Carrier {
  /** `label` says in reports what is waited for. */
  carry(name: string, args: unknown[], label: string): Awaitable<unknown>;
}

/** What would change the shared connection for all, or take it from them; and what to use instead. */
const REFUSED: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ["multi", "multi((commands) => [commands.get(…), …])"],
  ["exec", "multi((commands) => [commands.get(…), …])"],
  ["discard", "multi((commands) => [commands.get(…), …])"],
  ["watch", "use(db.watch(keys), …) or transaction(keys, …)"],
  ["unwatch", "use(db.watch(keys), …) or transaction(keys, …)"],
  ["select", "the database of the address, redis://host/2"],
  ["auth", "the user and the password of the address"],
  ["hello", "the options of redis()"],
  ["quit", "the end of the body of use()"],
  ["reset", "the end of the body of use()"],
  ["monitor", "redis-cli monitor"],
  ["subscribe", "db.subscribe(channels)"],
  ["psubscribe", "db.psubscribe(patterns)"],
  ["ssubscribe", "db.ssubscribe(channels)"],
  ["unsubscribe", "the end of the subscription"],
  ["punsubscribe", "the end of the subscription"],
  ["sunsubscribe", "the end of the subscription"],
  ["sync", "a replica"],
  ["psync", "a replica"],
  ["readonly", "ioredis's Cluster"],
  ["readwrite", "ioredis's Cluster"],
  ["asking", "ioredis's Cluster"],
  ["wait", "use(db.connection(), …): it waits for the writes of its own connection"],
  ["waitaof", "use(db.connection(), …): it waits for the writes of its own connection"],
]);
/** What a connection of one's own may do besides. */
const OF_ONES_OWN = new Set(["wait", "waitaof"]);

export function refuseShared(name: string, args: readonly unknown[]): void {
  const instead = REFUSED.get(name);
  if (instead) throw new InvalidStateError(`redis: ${name} is not for a connection that calls share: use ${instead}`);
  if (name === "client" && /^(reply|tracking|caching|no-touch|no-evict)$/i.test(String(args[0])))
    throw new InvalidStateError(`redis: client ${String(args[0])} would change the connection that all calls share`);
}

/** Commands that are looked at before they are sent. */
export const LOOKED_AT: ReadonlySet<string> = /* @__PURE__ */ new Set(
  [...REFUSED.keys(), ...BLOCKING, "client", "call"].flatMap((name) => [name, name + BUFFER]),
);

/** call("GET", "k") as the command it is. */
export function unwrapped(name: string, args: unknown[]): [name: string, args: unknown[]] {
  if (plainName(name) !== "call") return [name, args];
  const inner = String(args[0]).toLowerCase() + (name.endsWith(BUFFER) ? BUFFER : "");
  return LOOKED_AT.has(inner) ? [inner, args.slice(1).flat()] : [name, args];
}

export function refuseOnesOwn(name: string, args: readonly unknown[]): void {
  if (!OF_ONES_OWN.has(name)) refuseShared(name, args);
}

/** Puts a method for each command on a class, in both forms: strings and bytes. What the class has itself stays. */
export function addCommands(driver: Driver, prototype: Carrier): void {
  for (const name of namesOf(driver)) {
    if (name in prototype) continue;
    const label = `redis ${name}`;
    const method = function (this: Carrier, ...args: unknown[]): Awaitable<unknown> {
      if (typeof args.at(-1) === "function")
        throw new TypeError(`${label} takes no callback: its result comes with yield*`);
      return this.carry(name, args, label);
    };
    Object.defineProperty(prototype, name, { value: method, configurable: true, writable: true });
  }
}

function namesOf(driver: Driver): string[] {
  const builtin = (driver.Redis.prototype as { getBuiltinCommands(): string[] }).getBuiltinCommands();
  return [...builtin, "call"].flatMap((name) => [name, name + BUFFER]);
}

/** The same for what takes commands down. */
export function addQueued(driver: Driver): void {
  for (const name of namesOf(driver)) {
    const method = function (this: Recorder, ...args: unknown[]): unknown {
      refuseShared(plainName(name), args);
      return this.record(name, args);
    };
    Object.defineProperty(Recorder.prototype, name, { value: method, configurable: true, writable: true });
  }
}
