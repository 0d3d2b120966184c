/** Finds a password wherever an error might show it: to a person, a log, or a program that prints whatever it finds. */
import { inspect } from "node:util";

/** One that is changed by every encoding there is, so that each shows. */
export const PASSWORD = "p&ss wörd:/@?#%41\"'\\";

/** How the password looks after one encoding or another. */
function forms(password: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(password);
  const json = JSON.stringify(password).slice(1, -1);
  return new Map([
    ["as it is", password],
    ["percent-encoded", encodeURIComponent(password)],
    ["percent-encoded by URL", new URL(`x://u:${encodeURIComponent(password)}@h`).password],
    ["in JSON", json],
    ["in JSON twice", JSON.stringify(json).slice(1, -1)],
    ["in base64", bytes.toString("base64").replace(/=+$/, "")],
    ["in hex", bytes.toString("hex")],
    ["inspected", inspect(password).slice(1, -1)],
    ["its beginning", password.slice(0, 8)],
    ["its end", password.slice(-8)],
  ]);
}

/** Where the text shows the password, and how. */
function found(text: string, password: string = PASSWORD): string[] {
  const seen: string[] = [];
  for (const [how, form] of forms(password)) {
    const at = text.indexOf(form);
    if (at !== -1) seen.push(`${how}: …${text.slice(Math.max(0, at - 60), at + form.length + 20)}…`);
  }
  return seen;
}

/** Everything of a value that can be reached by its properties, hidden ones and accessors too. */
function* reachable(root: unknown, depth: number): Generator<[path: string, value: unknown]> {
  const seen = new Set<unknown>();
  const rest: [path: string, value: unknown, depth: number][] = [["error", root, 0]];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const [path, value, level] = next;
    yield [path, value];
    if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
    if (seen.has(value) || level === depth) continue;
    seen.add(value);
    for (
      let holder: object | null = value;
      holder && holder !== Object.prototype;
      holder = Object.getPrototypeOf(holder)
    ) {
      for (const key of Reflect.ownKeys(holder)) {
        let inner: unknown;
        try {
          inner = Reflect.get(holder, key, value);
        } catch {
          continue; // an accessor that does not like to be asked
        }
        if (key !== "constructor") rest.push([`${path}.${String(key)}`, inner, level + 1]);
      }
    }
  }
}

/** Wherever the error shows the password: its text, stack and causes, its JSON, what a console prints, and what hangs on it. */
export function shown(error: unknown, password: string = PASSWORD): string[] {
  const texts: Record<string, string> = {
    text: String(error),
    stack: String((error as Error | undefined)?.stack),
    inspect: inspect(error, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    JSON: tryJson(error),
  };
  const lines = Object.entries(texts).flatMap(([where, text]) =>
    found(text, password).map((how) => `${where}: ${how}`),
  );
  for (const [path, value] of reachable(error, 8)) {
    const text = typeof value === "string" ? value : ArrayBuffer.isView(value) ? bytesOf(value) : undefined;
    if (text !== undefined && text.length < 1_000_000)
      lines.push(...found(text, password).map((how) => `${path}: ${how}`));
  }
  return lines;
}

function bytesOf(view: ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, Math.min(view.byteLength, 100_000)).toString("utf8");
}

function tryJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return ""; // a cycle: nobody can print it so
  }
}
