/** What of a module is to be run: its default export, or `main`. What can't be is named, with what to write instead. */
import { Refusal } from "./refusal.ts";

/** Gives what is to be awaited, anew where the module has a function. */
export interface Main {
  readonly repeatable: boolean;
  readonly start: (args: readonly string[]) => unknown;
}

const wanted = "export default coroutine(function* main() { … })";

/** `file` is how messages call it. Throws a Refusal. */
export function mainOf(module: Readonly<Record<string, unknown>>, file: string): Main {
  const found = candidates(module);
  for (const [, value] of found) {
    if (isPlainFunction(value)) return { repeatable: true, start: (args) => checked(value(...args), file) };
    if (isAwaitable(value)) return { repeatable: false, start: () => value };
  }
  const [first] = found;
  if (first === undefined) throw new Refusal(`${file} has no default export and no main: ${exportsOf(module)}`);
  const [name, value] = first;
  throw new Refusal(
    `${file}: ${name} is ${described(value)}, and brigade run runs a coroutine function: ${hint(value)}`,
  );
}

/** By name. What a CommonJS module exports stands in its default export. */
function candidates(module: Readonly<Record<string, unknown>>): [name: string, value: unknown][] {
  const exported = module["default"];
  const inner = typeof exported === "object" && exported !== null && !isAwaitable(exported) ? exported : {};
  const all: [string, unknown][] = [
    ["its default export", Reflect.get(inner, "default")],
    ["main", module["main"] ?? Reflect.get(inner, "main")],
    ["its default export", exported],
  ];
  const named = all.filter(([, value]) => value !== undefined && !isEmpty(value));
  // A default export that can be run goes before main; one that can't is only spoken of where there is no main.
  return isPlainFunction(exported) || isAwaitable(exported) ? named.toReversed() : named;
}

/** What a module without any export is to who imports it, where it is taken for CommonJS. */
function isEmpty(value: unknown): boolean {
  return tagOf(value) === "Object" && !isAwaitable(value) && Object.keys(value as object).length === 0;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

type Starter = (...args: readonly string[]) => unknown;

function isPlainFunction(value: unknown): value is Starter {
  return typeof value === "function" && !tagOf(value).startsWith("Async") && !isClass(value);
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** A coroutine, a generator, a leaf such as `sleep(5)`; no collection, though it can be iterated too. */
function isAwaitable(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) return false;
  return ["Object", "Generator"].includes(tagOf(value));
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function checked(given: unknown, file: string): unknown {
  if (isAwaitable(given)) return given;
  throw new Refusal(`${file}: its main gave ${described(given)}, not a coroutine: ${hint(given)}`);
}

function described(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (isPromise(value)) return "a promise";
  if (typeof value === "function") return isClass(value) ? "a class" : describedTag(tagOf(value));
  return typeof value === "object" ? `an object (${tagOf(value)})` : `the ${typeof value} ${JSON.stringify(value)}`;
}

function describedTag(tag: string): string {
  return tag === "AsyncFunction" ? "an async function" : "an async generator function";
}

function hint(value: unknown): string {
  if (isPromise(value)) return "give it the coroutine itself, without run(): the command starts the loop";
  if (typeof value === "function" && tagOf(value) === "AsyncFunction")
    return `what it awaits could be neither cancelled nor traced. Write ${wanted}, and fromPromise(…) around what gives promises`;
  return `write ${wanted}`;
}

function exportsOf(module: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(module).filter((name) => name !== "module.exports" && !isEmpty(module[name]));
  const most = 5;
  const listed = `${names.slice(0, most).join(", ")}${names.length > most ? ", …" : ""}`;
  const has = names.length === 0 ? "it exports nothing" : `it exports ${listed}`;
  return `${has}. Write ${wanted}; a file that calls run() itself is run by node`;
}
