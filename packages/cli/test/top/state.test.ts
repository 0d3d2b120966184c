/** What keys do to what is shown. */
import type { TaskRow } from "brigade/trace";
import { describe, expect, test } from "vitest";
import { keysOf } from "../../src/top/keys.ts";
import type { TopState } from "../../src/top/state.ts";
import { pictureOf, row, stateOf } from "./pictures.ts";

const hundred: TaskRow[] = Array.from({ length: 100 }, (_, i) => row(i + 1));

function press(state: TopState, input: string, rows: readonly TaskRow[] = hundred): void {
  for (const key of keysOf(input)) if (state.press(key) === "ask") state.showRows(pictureOf(rows, state.query).page);
}

describe("the cursor", () => {
  test("moves by one, by a screen, and to both ends, and never leaves the rows", () => {
    const state = stateOf(hundred);
    const at = (input: string): number => {
      press(state, input);
      return state.cursor;
    };
    expect([at("\u001B[B"), at("jj"), at("k"), at("\u001B[6~"), at(" "), at("\u001B[5~")]).toEqual([
      1, 3, 2, 12, 22, 12,
    ]);
    expect([at("G"), at("j"), at("\u001B[6~"), at("g"), at("k"), at("\u001B[5~")]).toEqual([99, 99, 99, 0, 0, 0]);
  });

  test("stays on the screen, and the rows asked for have the screen in them", () => {
    const state = stateOf(hundred);
    for (const key of "jjjjjjjjjjjjj\u001B[6~kkkkkkkkkkkkkkkkkkkkGg\u001B[6~") {
      press(state, key);
      expect(state.cursor).toBeGreaterThanOrEqual(state.first);
      expect(state.cursor).toBeLessThan(state.first + state.room);
      const { offset = 0, limit = 0 } = state.query;
      expect(offset).toBeLessThanOrEqual(state.first);
      expect(offset + limit).toBeGreaterThanOrEqual(state.first + state.room);
      expect(state.selected?.task).toBe(state.cursor + 1);
    }
  });

  test("stays where it is while rows go, as long as there are rows", () => {
    const state = stateOf(hundred);
    press(state, "G");
    state.show(pictureOf(hundred.slice(0, 7), state.query));
    expect([state.cursor, state.first]).toEqual([6, 0]);
    state.show(pictureOf([], state.query));
    expect([state.cursor, state.selected]).toEqual([0, undefined]);
  });
});

describe("folding", () => {
  const parent = row(1, { children: 2, open: true });
  const group = row(2, { key: "g1:x", children: 5, open: false, count: 5 });

  test("enter turns a row, and turns it back; arrows only fold, or only unfold", () => {
    const state = stateOf([parent, group]);
    press(state, "\r", [parent, group]);
    expect(state.query.toggled).toEqual(["t1"]);
    press(state, "\r", [parent, group]);
    expect(state.query.toggled).toEqual([]);
    press(state, "\u001B[C", [parent, group]); // it is open already
    expect(state.query.toggled).toEqual([]);
    press(state, "\u001B[Dj\u001B[C", [parent, group]);
    expect(state.query.toggled).toEqual(["t1", "g1:x"]);
  });

  test("a row with nothing below it does not fold", () => {
    const state = stateOf([row(1)]);
    press(state, "\r");
    expect(state.query.toggled).toEqual([]);
  });
});

describe("the filter", () => {
  test("is typed, mended, kept by enter, and cleared by escape", () => {
    const state = stateOf(hundred);
    press(state, "G/wörk😀\u007Fq");
    expect(state).toMatchObject({ typing: true, filter: "wörkq", cursor: 0 });
    press(state, "\r");
    expect(state).toMatchObject({ typing: false, filter: "wörkq" });
    expect(state.query.filter).toBe("wörkq");
    press(state, "\u001B");
    expect(state.filter).toBe("");
    press(state, "/x\u001B");
    expect(state).toMatchObject({ typing: false, filter: "" });
  });

  test("what is typed is no command, but Ctrl-C is", () => {
    const state = stateOf(hundred);
    press(state, "/");
    expect(state.press({ name: "text", text: "q" })).toBe("ask");
    expect(state.press({ name: "interrupt" })).toBe("quit");
  });
});

test("s goes through the orders, p stops the pictures, q and Ctrl-C quit", () => {
  const state = stateOf(hundred);
  const sorts = Array.from({ length: 4 }, () => {
    press(state, "s");
    return state.sort;
  });
  expect(sorts).toEqual(["since", "age", "name", "tree"]);
  press(state, "p");
  expect(state.paused).toBe(true);
  press(state, "p");
  expect(state.paused).toBe(false);
  expect(state.press({ name: "text", text: "q" })).toBe("quit");
  expect(state.press({ name: "text", text: "z" })).toBe(undefined);
});
