/** Arguments, results and progress as text: data as JavaScript has it, with dates, maps, sets, bigints, bytes, errors and cycles. */
import { DevalueError, stringify, unflatten } from "devalue";

interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: unknown;
}

const reducers = {
  Error: (value: unknown): ErrorParts | false =>
    value instanceof Error && {
      name: String(value.name),
      message: String(value.message),
      stack: value.stack,
      cause: value.cause,
    },
};

const CLASSES: ReadonlyMap<string, new (message: string) => Error> = /* @__PURE__ */ new Map<
  string,
  new (
    message: string,
  ) => Error
>([
  ["TypeError", TypeError],
  ["RangeError", RangeError],
  ["SyntaxError", SyntaxError],
  ["ReferenceError", ReferenceError],
  ["URIError", URIError],
  ["EvalError", EvalError],
]);

const revivers = {
  Error: ({ name, message, stack, cause }: ErrorParts): Error => {
    const error = new (CLASSES.get(name) ?? Error)(message);
    for (const [key, value] of Object.entries({ name, stack, cause })) {
      if (value === undefined || error[key as "name"] === value) continue;
      Object.defineProperty(error, key, { value, configurable: true, enumerable: false, writable: true });
    }
    return error;
  },
};

/** A value that is in its text as it is in JSON. Most arguments and results are: they need not go through the codec's general way. */
function isPlain(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

/** The value as text. `what` says whose it is: "the result of resize". Throws `TypeError` that says which part can't be carried, and why. */
export function encode(value: unknown, what: string): string {
  if (isPlain(value)) return JSON.stringify([value]);
  try {
    return stringify(value, reducers);
  } catch (cause) {
    throw refusal(what, cause);
  }
}

/** The arguments of a call. */
export function encodeArguments(args: readonly unknown[], task: string): string {
  if (!Array.isArray(args)) throw new TypeError(`the arguments of ${task} have to be an array`);
  if (args.every(isPlain)) return JSON.stringify([args.map((_arg, index) => index + 1), ...args]);
  try {
    return stringify(args, reducers);
  } catch (cause) {
    const path = cause instanceof DevalueError ? /^\[(\d+)\](.*)$/s.exec(cause.path) : null;
    throw path
      ? refusal(`argument ${Number(path[1]) + 1} of ${task}`, cause, path[2] ?? "")
      : refusal(`the arguments of ${task}`, cause);
  }
}

function refusal(what: string, cause: unknown, path?: string): TypeError {
  const where = path ?? (cause instanceof DevalueError ? cause.path : "");
  let why = "looking at it throws";
  if (cause instanceof DevalueError)
    why = cause.message.replace(/^Cannot stringify /, "").replace("arbitrary non-POJOs", "an object of a class");
  else if (cause instanceof RangeError) why = "it is too deep or too large";
  return new TypeError(
    `${what} can't be carried to another process${where === "" ? "" : `, at ${where}`}: ${why}. ` +
      "Plain data can: objects, arrays, dates, maps, sets, bigints, typed arrays, errors",
    { cause },
  );
}

/** The value of a text that `encode` wrote. */
export function decode(text: string): unknown {
  const parts = JSON.parse(text) as unknown;
  if (!Array.isArray(parts)) return unflatten(parts as number, revivers) as unknown;
  const [root, ...rest] = parts as readonly unknown[];
  if (rest.length === 0 && isPlain(root)) return root;
  // A list of plain values, each at its own place.
  if (Array.isArray(root) && rest.every(isPlain) && root.every((place, index) => place === index + 1)) return rest;
  return unflatten(parts, revivers) as unknown;
}
