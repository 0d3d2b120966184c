/** Keys, from what a terminal sends for them. */

export type Key =
  | { readonly name: "text"; readonly text: string }
  | {
      readonly name:
        | "up"
        | "down"
        | "left"
        | "right"
        | "pageUp"
        | "pageDown"
        | "home"
        | "end"
        | "enter"
        | "backspace"
        | "escape"
        | "interrupt";
    };

type Named = Exclude<Key["name"], "text">;

const sequences: Readonly<Record<string, Named>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  "[H": "home",
  "[F": "end",
  OH: "home",
  OF: "end",
  "[1~": "home",
  "[4~": "end",
  "[5~": "pageUp",
  "[6~": "pageDown",
  "[7~": "home",
  "[8~": "end",
};

const controls: Readonly<Record<string, Named>> = {
  "\r": "enter",
  "\n": "enter",
  "\u007F": "backspace",
  "\b": "backspace",
  "\u0003": "interrupt",
  "\u0004": "interrupt",
};

// An escape sequence, an escape alone, or one character.
// oxlint-disable-next-line eslint/no-control-regex -- keys are sent as control characters
const one = /\u001B(?:(\[[0-?]*[ -/]*[@-~]|O[ -~]))?|[\s\S]/gu;

/** What one read of the terminal has brought. Sequences that mean nothing here are left out. */
export function keysOf(input: string): Key[] {
  const keys: Key[] = [];
  for (const [whole, sequence] of input.matchAll(one)) {
    const name = sequence === undefined ? (whole === "\u001B" ? "escape" : controls[whole]) : sequences[sequence];
    if (name !== undefined) keys.push({ name });
    else if (sequence === undefined && whole >= " ") keys.push({ name: "text", text: whole });
  }
  return keys;
}
