/** Finds what of a value can't be cloned, so that an error can say where it is. */
import { describe } from "../../errors.ts";
import { CloneError } from "../errors.ts";

const DEEPEST = 50;

/** The error for a value that could not be sent. `names` says what each of the values is: "argument 1", "the result". */
export function cloneError(
  cause: unknown,
  values: readonly unknown[],
  names: readonly string[],
  clones: (value: unknown) => boolean,
): CloneError {
  const index = values.findIndex((value) => !clones(value));
  const found = fault(values[index], names[index] ?? "a value", clones);
  const what = index < 0 ? (cause instanceof Error ? cause.message : String(cause)) : `it is ${kindOf(found.value)}`;
  return new CloneError(
    `${found.path} can't be cloned: ${what}. Only data passes between threads and processes (structured clone)`,
    found.path,
    { cause },
  );
}

interface Fault {
  readonly value: unknown;
  readonly path: string;
}

function fault(start: unknown, name: string, clones: (value: unknown) => boolean): Fault {
  let found: Fault = { value: start, path: name };
  const passed = new Set<unknown>(); // in circles every part of them fails
  for (let depth = 0; depth < DEEPEST; depth++) {
    passed.add(found.value);
    const inner = parts(found).find((part) => !passed.has(part.value) && !clones(part.value));
    if (inner === undefined) return found;
    found = inner;
  }
  return found;
}

function parts({ value, path }: Fault): Fault[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  if (value instanceof Map)
    return [...value].flatMap(([key, item]) => [
      { value: key as unknown, path: `${path}, a key of the map` },
      { value: item as unknown, path: `${path}.get(${describe(key)})` },
    ]);
  if (value instanceof Set) return [...value].map((item: unknown) => ({ value: item, path: `${path}, in the set` }));
  const keys = Object.keys(value);
  if (Array.isArray(value))
    return keys.map((key) => ({ value: value[Number(key)] as unknown, path: `${path}[${key}]` }));
  return keys.map((key) => ({ value: property(value, key), path: `${path}.${key}` }));
}

/** A getter may throw. */
function property(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function kindOf(value: unknown): string {
  if (typeof value === "function") return `a function${value.name === "" ? "" : ` (${value.name})`}`;
  if (typeof value === "symbol") return "a symbol";
  const name = (Object(value) as object).constructor?.name ?? "object without a class";
  return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name}`;
}
