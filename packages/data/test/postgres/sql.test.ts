/** Statements from templates, values as text and back: without a server. */
import { expect, test } from "vitest";
import { sql } from "../../src/postgres/index.ts";
import { parseArray, parsersFor } from "../../src/postgres/sql/decode.ts";
import { encode } from "../../src/postgres/sql/encode.ts";
import { statementOf, unsafeStatement } from "../../src/postgres/sql/statement.ts";

const built = (strings: TemplateStringsArray, ...values: readonly unknown[]) => statementOf(strings, values);

test("values become parameters, in their order, and never text", () => {
  const statement = built`select ${1}, ${"'; drop table users; --"}`;
  expect(statement.text).toBe("select $1, $2");
  expect(statement.values).toEqual(["1", "'; drop table users; --"]);
});

test("names are quoted, pieces keep their values, rows become columns and values", () => {
  const where = sql`where ${sql.id("a")} = ${5}`;
  const statement = built`select * from ${sql.id("my schema", 'odd"name')} ${where} and b = ${6}`;
  expect(statement.text).toBe('select * from "my schema"."odd""name" where "a" = $1 and b = $2');
  expect(statement.values).toEqual(["5", "6"]);
  const insert = built`insert into t ${sql.rows([
    { a: 1, b: "x" },
    { b: "y", a: 2 },
  ])}`;
  expect(insert.text).toBe('insert into t ("a", "b") values ($1, $2), ($3, $4)');
  expect(insert.values).toEqual(["1", "x", "2", "y"]);
});

test.each([
  ["text", "text"],
  [12.5, "12.5"],
  [10n, "10"],
  [true, "true"],
  [null, null],
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [new Uint8Array([1, 255]), "\\x01ff"],
  [[1, null, 'a"b\\c', [true]], '{"1",NULL,"a\\"b\\\\c",{"true"}}'],
  [{ a: 1 }, '{"a":1}'],
  [sql.json([1, "x"]), '[1,"x"]'],
])("%s is sent as %s", (value, text) => {
  expect(encode(value, "it")).toBe(text);
});

test.each([
  [undefined, /value 1 of the statement is undefined: use null/],
  [() => 1, /is a function/],
  [Symbol("s"), /is a symbol/],
  [new Date(Number.NaN), /invalid Date/],
  [{ n: 1n }, /can't be written as JSON/],
])("%s can't be sent, and the error says which value it is", (value, message) => {
  expect(() => built`select ${value}`).toThrow(message);
  expect(() => built`select ${value}`).toThrow(TypeError);
});

test("what has no values runs as text; NUL and too many values are refused before anything is sent", () => {
  expect(unsafeStatement("select 1; select 2", undefined).mode).toBe("simple");
  expect(unsafeStatement("select $1", [1]).mode).toBe("unnamed");
  expect(() => unsafeStatement("select '\0'", undefined)).toThrow(/NUL/);
  expect(() => built`${sql.rows(Array.from({ length: 65_535 }, () => ({ a: 1 })))}`).toThrow(/at most 65534 values/);
});

test("arrays are read whatever is in them", () => {
  expect(parseArray("{}", Number)).toEqual([]);
  expect(parseArray("{1,NULL,3}", Number)).toEqual([1, null, 3]);
  expect(parseArray('{"a,b","c\\"d",NULL,"NULL",{x,"{y}"}}', String)).toEqual([
    "a,b",
    'c"d',
    null,
    "NULL",
    ["x", "{y}"],
  ]);
  expect(parseArray("[2:3]={4,5}", Number)).toEqual([4, 5]);
});

test("int8 is what the option says, and a program's own types go first", () => {
  expect(parsersFor("bigint", {}).get(20)?.("9007199254740993")).toBe(9_007_199_254_740_993n);
  expect(parsersFor("number", {}).get(20)?.("5")).toBe(5);
  expect(parsersFor("string", {}).get(1016)?.("{5}")).toEqual(["5"]);
  expect(parsersFor("bigint", { 1700: Number }).get(1700)?.("1.5")).toBe(1.5);
  expect(parsersFor("bigint", {}).get(1184)?.("infinity")).toBe("infinity");
  expect(parsersFor("bigint", {}).get(1114)?.("2020-01-02 03:04:05")).toEqual(new Date("2020-01-02T03:04:05Z"));
});
