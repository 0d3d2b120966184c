/** Errors on their way from a worker: class, message, stack, cause, inner errors and what else they carry arrive with them. */
import * as core from "../../errors.ts";
import { describe, suppress, suppressed } from "../../errors.ts";
import * as ours from "../errors.ts";

export interface ErrorOnTheWire {
  readonly error: true;
  /** The names of its class and of those that it extends, from its own up. */
  readonly classes: readonly string[];
  readonly message: string;
  readonly stack: string | undefined;
  /** Own properties beside those that every error has. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cause?: ThrownOnTheWire;
  /** Of an AggregateError. */
  readonly errors?: readonly ThrownOnTheWire[];
  readonly suppressed?: readonly ThrownOnTheWire[];
}

/** What was thrown: an error, or some other value. */
export type ThrownOnTheWire = ErrorOnTheWire | { readonly error: false; readonly value: unknown };

/** Whether a value can be sent. */
export type Clones = (value: unknown) => boolean;

const DEEPEST = 16; // causes of causes: more than any program has, and an end where they form a circle
const OF_EVERY_ERROR: ReadonlySet<string> = new Set(["message", "stack", "cause", "errors"]);

// Lines of these files stand below every function that a worker calls. The folder of this module, as stacks write it.
const OWN_FOLDER: string = import.meta.url.replace(/[^/]*$/, "");
const OWN_PATH: string = OWN_FOLDER.replace(/^file:\/\//, "");

/** What was thrown, made ready to be sent. What can't be cloned of it stays behind; without `clones`, nothing is tried. */
export function onTheWire(thrown: unknown, clones?: Clones): ThrownOnTheWire {
  try {
    return written(thrown, clones, 0);
  } catch (cause) {
    // A proxy, or an error with getters: a worker must not die of what a function throws.
    return written(
      new Error("what was thrown can't be read: looking at it throws", { cause }),
      () => false,
      DEEPEST - 1,
    );
  }
}

function written(thrown: unknown, clones: Clones | undefined, depth: number): ThrownOnTheWire {
  if (!(thrown instanceof Error)) {
    if (clones === undefined || clones(thrown)) return { error: false, value: thrown };
    return written(new Error(`a value was thrown that can't be cloned: ${describe(thrown)}`), clones, depth);
  }
  const inner = (value: unknown): ThrownOnTheWire => written(value, clones, depth + 1);
  const later = suppressed(thrown);
  const goesOn = depth < DEEPEST;
  return {
    error: true,
    classes: classesOf(thrown),
    message: String(thrown.message),
    stack: typeof thrown.stack === "string" ? ownPart(thrown.stack) : undefined,
    properties: propertiesOf(thrown, clones),
    ...(goesOn && thrown.cause !== undefined && { cause: inner(thrown.cause) }),
    ...(goesOn && thrown instanceof AggregateError && { errors: thrown.errors.map(inner) }),
    ...(goesOn && later.length > 0 && { suppressed: later.map(inner) }),
  };
}

function classesOf(error: Error): string[] {
  const names: string[] = [];
  for (let prototype: unknown = Object.getPrototypeOf(error); prototype; prototype = Object.getPrototypeOf(prototype)) {
    const { constructor } = prototype as { readonly constructor?: unknown };
    if (typeof constructor === "function" && constructor !== Object) names.push(constructor.name);
  }
  return names;
}

function propertiesOf(error: Error, clones: Clones | undefined): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (OF_EVERY_ERROR.has(key) || typeof value === "function" || typeof value === "symbol") continue;
    if (clones === undefined || clones(value)) properties[key] = value;
  }
  // A name that was set by hand is not enumerable where a class defines it so.
  if (error.name !== error.constructor.name && !Object.hasOwn(properties, "name")) properties["name"] = error.name;
  return properties;
}

/** The stack down to the function that was called. */
function ownPart(stack: string): string {
  const lines = stack.split("\n");
  const end = lines.findIndex((line) => /^\s+at /.test(line) && (line.includes(OWN_FOLDER) || line.includes(OWN_PATH)));
  return end < 0 ? stack : lines.slice(0, end).join("\n");
}

type ErrorClass = abstract new (...args: never) => Error;

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === "function" && (value === Error || value.prototype instanceof Error);
}

/** Classes that both sides have: those of the language, and Brigade's own. */
const known: ReadonlyMap<string, ErrorClass> = /* @__PURE__ */ new Map(
  [
    ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError],
    ...([...Object.values(core), ...Object.values(ours)] as readonly unknown[]).filter(isErrorClass),
  ].map((Class): [string, ErrorClass] => [Class.name, Class]),
);

const stands = /* @__PURE__ */ new Map<string, ErrorClass>(); // for classes that only the worker's module has
const MOST_STANDS = 1_000; // a module that makes classes as it goes must not fill the memory

/** The class, or one of the same name that stands for it, derived from the first that both sides have. */
function classFor(names: readonly string[]): ErrorClass {
  const own = names[0] ?? "Error";
  const direct = known.get(own);
  if (direct !== undefined) return direct;
  const key = names.join("<");
  let Class = stands.get(key);
  if (Class === undefined) {
    const Base = classFor(names.slice(1));
    Class = class extends (Base as new () => Error) {};
    Object.defineProperty(Class, "name", { value: own, configurable: true });
    if (stands.size < MOST_STANDS) stands.set(key, Class);
  }
  return Class;
}

/** What was thrown in the worker, as something to throw here. `origin` is the last line of its stack. */
export function fromTheWire(thrown: ThrownOnTheWire, origin: string): unknown {
  if (!thrown.error) return thrown.value;
  const error = instanceOf(thrown);
  if (thrown.stack !== undefined) hidden(error, "stack", `${thrown.stack}\n    at ${origin}`);
  if (thrown.cause !== undefined) hidden(error, "cause", fromTheWire(thrown.cause, origin));
  if (thrown.errors !== undefined)
    hidden(
      error,
      "errors",
      thrown.errors.map((inner) => fromTheWire(inner, origin)),
    );
  for (const [key, value] of Object.entries(thrown.properties)) {
    Object.defineProperty(error, key, { value, configurable: true, enumerable: true, writable: true });
  }
  for (const later of thrown.suppressed ?? []) suppress(error, fromTheWire(later, origin));
  return error;
}

function instanceOf({ classes, message, properties }: ErrorOnTheWire): Error {
  if (classes.includes("DOMException")) {
    const { name = "Error" } = properties as { name?: string };
    delete (properties as { name?: string }).name; // a getter of the class; its code follows from it
    return new DOMException(message, name);
  }
  // It is a class with private state, which a prototype alone does not bring.
  if (classes[0] === "DeadlockError") return new core.DeadlockError(message);
  const error = new Error(message);
  const Class = classFor(classes);
  Object.setPrototypeOf(error, Class.prototype as object);
  return error;
}

function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, enumerable: false, writable: true });
}
