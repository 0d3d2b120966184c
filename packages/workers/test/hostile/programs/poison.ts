/** Tasks that do all that a task should not. The worker that gets them goes on. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { sleep } from "brigade";
import { report, type TaskDefinition, task } from "@brigade/workers";

/** The one that must come through, whatever the others did before. */
export const echo: TaskDefinition<[value: unknown], unknown> = task(function echo(value: unknown) {
  return value;
});

export const rests: TaskDefinition<[ms: number], string> = task(function* rests(ms: number) {
  yield* sleep(ms);
  return "rested";
});

export const exits: TaskDefinition<[code: number], unknown> = task(function exits(code: number): unknown {
  return process.exit(code);
});

export const isKilled: TaskDefinition<[], unknown> = task(function isKilled(): unknown {
  return process.kill(process.pid, "SIGKILL");
});

/** Takes memory until there is none. */
export const hoards: TaskDefinition<[], unknown> = task(function hoards(): unknown {
  // Not all the memory there is: what others need, too.
  execFileSync("prlimit", ["--pid", String(process.pid), "--data=300000000"]);
  const hoard: unknown[] = [];
  for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
});

export const blocks: TaskDefinition<[], unknown> = task(
  function blocks(): unknown {
    for (;;);
  },
  { timeout: 400 },
);

export const hangs: TaskDefinition<[], void> = task(
  function* hangs() {
    yield* sleep(Infinity);
  },
  { timeout: 300 },
);

/** Its cleanup takes longer than anybody waits. */
export const clings: TaskDefinition<[], void> = task(
  function* clings() {
    try {
      yield* sleep(Infinity);
    } finally {
      yield* sleep(Infinity);
    }
  },
  { timeout: 300 },
);

const hostile: ProxyHandler<object> = {
  get() {
    throw new Error("a trap of the proxy");
  },
  getPrototypeOf() {
    throw new Error("a trap of the proxy");
  },
  ownKeys() {
    throw new Error("a trap of the proxy");
  },
};

class Touchy extends Error {
  override get message(): string {
    throw new Error("the getter of message");
  }
  override get name(): string {
    throw new Error("the getter of name");
  }
  override get stack(): string {
    throw new Error("the getter of stack");
  }
}

function cyclic(): Error {
  const error = new Error("a circle");
  error.cause = error;
  return error;
}

/** By name, since few of them could be sent. */
const thrown: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a string": () => "a string",
  "a symbol": () => Symbol("a symbol"),
  "a bigint": () => 1n,
  "a function": () => () => {},
  "a proxy": () => new Proxy({}, hostile),
  "a proxy of an error": () => new Proxy(new Error("inside"), hostile),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "an error with getters that throw": () => new Touchy(),
  "an error that is its own cause": cyclic,
  "an object without a prototype": () => Object.create(null),
  "an error with a symbol for a name": () => Object.assign(new Error("named"), { name: Symbol("name") }),
  "an error with a message of 2 MB": () => new Error("m".repeat(2_000_000)),
  "an error with odd characters": () => new Error("\0 \ud800 \u2028 💥"),
  "a frozen error": () => Object.freeze(new Error("frozen")),
  "a rejected promise": () => Promise.reject(new Error("never looked at")).catch(() => {}),
};

export const THROWN: readonly string[] = Object.keys(thrown);

export const throws: TaskDefinition<[what: string], unknown> = task(function throws(what: string): unknown {
  throw thrown[what]?.();
});

const returned: Readonly<Record<string, () => unknown>> = {
  "a function": () => () => {},
  "a symbol": () => Symbol("a symbol"),
  "a proxy": () => new Proxy({}, hostile),
  "an object whose getter throws": () => ({
    get value() {
      throw new Error("the getter of value");
    },
  }),
  "an object of a class": () =>
    new (class Account {
      readonly balance = 1;
    })(),
  "a weak map": () => new WeakMap(),
  "a promise of a function": () => Promise.resolve(() => {}),
};

export const RETURNED: readonly string[] = Object.keys(returned);

export const returns: TaskDefinition<[what: string], unknown> = task(function returns(what: string): unknown {
  return returned[what]?.();
});

export const fills: TaskDefinition<[size: number], string> = task(function fills(size: number): string {
  return "r".repeat(size);
});

export const prints: TaskDefinition<[size: number], string> = task(function prints(size: number): string {
  for (let i = 0; i < size; i += 1_000) {
    process.stdout.write(`${"o".repeat(999)}\n`);
    process.stderr.write(`${"e".repeat(999)}\n`);
  }
  return "printed";
});

/** Throws where nobody catches it, some time after it has returned. */
export const leavesBehind: TaskDefinition<[], string> = task(function leavesBehind(): string {
  setTimeout(() => {
    throw new Error("behind everybody's back");
  }, 1);
  void Promise.reject(new Error("nobody looks"));
  return "returned";
});

/** Starts a process that outlives it, unless somebody sees to it. */
export const breeds: TaskDefinition<[seconds: number], unknown> = task(
  function breeds(seconds: number): unknown {
    spawn("sleep", [String(seconds)], { stdio: "ignore" });
    for (;;);
  },
  { timeout: 400 },
);

export const floods: TaskDefinition<[count: number], number> = task(
  function* floods(count: number) {
    for (let i = 1; i <= count; i++) yield* report(i);
    return count;
  },
  { runs: "process" },
);

export const floodsOnLoop: TaskDefinition<[count: number], number> = task(
  function* floodsOnLoop(count: number) {
    for (let i = 1; i <= count; i++) yield* report({ i, pad: "p".repeat(100) });
    return count;
  },
  { runs: "loop" },
);

export const reportsOdd: TaskDefinition<[], string> = task(function* reportsOdd() {
  yield* report(() => {});
  return "reported";
});

export const throwsOnLoop: TaskDefinition<[what: string], unknown> = task(
  function throwsOnLoop(what: string): unknown {
    throw thrown[what]?.();
  },
  { runs: "loop" },
);

/** What changes the world around the worker: a later job must not see it. */
export const vandalises: TaskDefinition<[], string> = task(function vandalises(): string {
  process.chdir("/");
  process.title = "vandal";
  const polluted = { value: true, configurable: true, enumerable: true };
  Reflect.defineProperty(Object.getPrototypeOf({}) as object, "polluted", polluted);
  Object.assign(Object.getPrototypeOf([]) as object, { push: () => 0 });
  JSON.stringify = () => "";
  process.removeAllListeners();
  return "done";
});

/** Closes whatever its worker speaks through. */
export const closesAll: TaskDefinition<[], string> = task(
  function closesAll(): string {
    process.disconnect?.();
    for (let descriptor = 3; descriptor < 64; descriptor++) {
      try {
        closeSync(descriptor);
      } catch {
        // There was none.
      }
    }
    return "closed";
  },
  { timeout: "5s" },
);
