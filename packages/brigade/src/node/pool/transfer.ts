/** Values whose memory is moved to the other side instead of being copied. */
import { isMarkedAsUntransferable, MessagePort, type Transferable } from "node:worker_threads";

const marked = new WeakMap<object, readonly Transferable[]>();

/**
 * Marks an argument or a result of a call in a worker, so that its memory is moved to the other thread: nothing is
 * copied, and this side can't use it any more. Without a list, every `ArrayBuffer` and `MessagePort` in the value is
 * moved, those behind typed arrays and in plain objects, arrays, maps and sets included. Give the value itself to the
 * call, not an object around it. A call in a process copies. Throws `TypeError` for what is not an object.
 * (`transferList` of `postMessage`.)
 *
 * @example
 * ```ts
 * import { transfer } from "brigade/node";
 *
 * // In the module of a pool: the ten megabytes are handed over, not copied.
 * export function pixels() {
 *   return transfer(new Uint8Array(10_000_000));
 * }
 * console.log(pixels().byteLength);
 * ```
 */
export function transfer<T extends object>(value: T, list?: readonly Transferable[]): T {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`transfer takes an object that holds memory, such as a typed array, not ${typeof value}`);
  marked.set(value, list ?? memoryOf(value));
  return value;
}

/** What is moved with the value. */
export function movedWith(value: unknown): readonly Transferable[] | undefined {
  return typeof value === "object" && value !== null ? marked.get(value) : undefined;
}

/** What is moved with the arguments. Most calls have nothing, and make nothing. */
export function movedWithAny(values: readonly unknown[]): readonly Transferable[] | undefined {
  let all: Transferable[] | undefined;
  for (const value of values) {
    const list = movedWith(value);
    if (list !== undefined) all = all === undefined ? [...list] : [...all, ...list];
  }
  return all;
}

function memoryOf(value: object): Transferable[] {
  const found = new Set<Transferable>();
  const seen = new Set<object>();
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    const memory = ArrayBuffer.isView(next) ? next.buffer : next;
    if (memory instanceof ArrayBuffer) {
      // Node's pool of small buffers may not be moved: other buffers stand in it.
      if (!isMarkedAsUntransferable(memory)) found.add(memory);
    } else if (memory instanceof MessagePort) found.add(memory);
    else if (memory instanceof Map) left.push(...memory.keys(), ...memory.values());
    else if (Array.isArray(memory) || memory instanceof Set) left.push(...(memory as Iterable<unknown>));
    else if (isPlain(memory)) left.push(...Object.values(memory));
  }
  return [...found];
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
