/** Where a text ceases to be JSON (RFC 8259). Engines do not all say so, and V8 not for short texts. */

const SPACE = /[\t\n\r ]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
/** From the space up, but for the quote and the backslash. */
const PLAIN = /[ !#-[\]-\uffff]+/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** What may come at a place: a value, the first thing in a container, or what follows a value in one. */
type Expected = "value" | "first" | "next" | "key" | "colon";

export interface Place {
  readonly position: number;
  /** 1 for the first. */
  readonly line: number;
  readonly column: number;
}

/** The place of the first error; the end where the text is cut short. Undefined when the text is JSON. */
export function jsonErrorPlace(text: string): Place | undefined {
  const position = firstError(text);
  if (position === undefined) return undefined;
  const before = text.slice(0, position);
  const lastBreak = before.lastIndexOf("\n");
  return { position, line: before.split("\n").length, column: position - lastBreak };
}

function firstError(text: string): number | undefined {
  const open: ("[" | "{")[] = [];
  let expected: Expected = "value";
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  /** After the opening quote: whether the string ends well; otherwise `at` is where it does not. */
  const string = (): boolean => {
    at++;
    while (skip(PLAIN) || skip(ESCAPE));
    return text[at++] === '"' || at-- === -1;
  };
  for (;;) {
    skip(SPACE);
    const container = open.at(-1);
    if (expected === "next" && container === undefined) return at === text.length ? undefined : at;
    const character = text[at];
    const closes = character === (container === "[" ? "]" : "}") && (expected === "next" || expected === "first");
    if (container !== undefined && closes) {
      at++;
      open.pop();
      expected = "next";
    } else if (expected === "next") {
      if (character !== ",") return at;
      at++;
      expected = container === "{" ? "key" : "value";
    } else if (expected === "colon") {
      if (character !== ":") return at;
      at++;
      expected = "value";
    } else if (expected === "key" || (expected === "first" && container === "{")) {
      if (character !== '"' || !string()) return at;
      expected = "colon";
    } else if (character === "[" || character === "{") {
      at++;
      open.push(character);
      expected = "first";
    } else {
      if (character === '"' ? !string() : !(skip(WORD) || skip(NUMBER))) return at;
      expected = "next";
    }
  }
}
