/** Keys as terminals send them. */
import { expect, test } from "vitest";
import { keysOf } from "../../src/top/keys.ts";

const named = (input: string): string[] =>
  keysOf(input).map((key) => (key.name === "text" ? `'${key.text}'` : key.name));

test("arrows, paging and the like are known in each of their forms", () => {
  expect(named("\u001B[A\u001B[B\u001BOC\u001BOD")).toEqual(["up", "down", "right", "left"]);
  expect(named("\u001B[5~\u001B[6~\u001B[H\u001B[F\u001B[1~\u001B[4~")).toEqual([
    "pageUp",
    "pageDown",
    "home",
    "end",
    "home",
    "end",
  ]);
});

test("control characters are keys, letters are text, whole characters at a time", () => {
  expect(named("a\r\u007F\u0003äß😀 /")).toEqual([
    "'a'",
    "enter",
    "backspace",
    "interrupt",
    "'ä'",
    "'ß'",
    "'😀'",
    "' '",
    "'/'",
  ]);
});

test("an escape alone is the key, sequences that mean nothing are nothing", () => {
  expect(named("\u001B")).toEqual(["escape"]);
  expect(named("x\u001B[200;5u\u001B[<0;1;1Myz")).toEqual(["'x'", "'y'", "'z'"]);
  expect(named("\u0001\u0002")).toEqual([]);
});
