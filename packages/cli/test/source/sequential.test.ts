/** Which awaits in a row are independent, and the lines that are written for them. */
import { describe, expect, test } from "vitest";
import { Effects } from "../../src/source/effects.ts";
import { sequential } from "../../src/source/sequential.ts";
import { SourceFile } from "../../src/source/source-file.ts";
import { askSequential, coroutineOf, expectToParse, rewritten } from "./ask.ts";

/** The code for the one group that there is. */
function codeFor(body: string, before = ""): string | undefined {
  const text = coroutineOf(body, before);
  const { groups } = askSequential(text);
  expect(groups.length).toBeLessThanOrEqual(1);
  if (groups[0] !== undefined) expectToParse(rewritten(text, groups[0]));
  return groups[0]?.code;
}

describe("independent", () => {
  test("results in names are taken from an array, in the order of the calls", () => {
    expect(codeFor("  const a = yield* f();\n  const b = yield* g(1);")).toBe(
      "  const [a, b] = yield* gather([f(), g(1)]);",
    );
  });

  test("more than three are taken by name", () => {
    const body = ["a", "b", "c", "d"].map((name) => `  const ${name} = yield* load("${name}");`).join("\n");
    expect(codeFor(body)).toBe(
      '  const { a, b, c, d } = yield* gather({ a: load("a"), b: load("b"), c: load("c"), d: load("d") });',
    );
  });

  test("results that nobody takes leave a gap, and none at the end", () => {
    expect(codeFor("  yield* f();\n  const b = yield* g();\n  yield* h();")).toBe(
      "  const [, b] = yield* gather([f(), g(), h()]);",
    );
    expect(codeFor("  yield* f();\n  yield* g();")).toBe("  yield* gather([f(), g()]);");
  });

  test("patterns stay patterns, and types are left to the compiler", () => {
    const { groups } = askSequential(coroutineOf("  const { id }: User = yield* f();\n  const [first] = yield* g();"));
    expect(groups[0]?.code).toBe("  const [{ id }, [first]] = yield* gather([f(), g()]);");
    expect(groups[0]?.notes[0]).toContain("type of `{ id }`");
  });

  test("awaits within one expression get names", () => {
    expect(codeFor("  return { id, user: yield* fetchUser(1), orders: yield* fetchOrders(2) };")).toBe(
      "  const [user, orders] = yield* gather([fetchUser(1), fetchOrders(2)]);\n  return { id, user, orders };",
    );
    expect(codeFor("  const sum = (yield* f()) + (yield* g());")).toBe(
      "  const [fResult, gResult] = yield* gather([f(), g()]);\n  const sum = fResult + gResult;",
    );
  });

  test("a list or a record of awaits is gathered as it stands", () => {
    expect(codeFor("  return [yield* f(), yield* g()] as const;")).toBe("  return yield* gather([f(), g()]) as const;");
    expect(codeFor("  const page = {\n    a: yield* f(), // first\n    b: yield* g(),\n  };")).toBe(
      "  const page = yield* gather({\n    a: f(), // first\n    b: g(),\n  });",
    );
  });

  test("what is computed from a result moves behind, what others need moves before", () => {
    const body = [
      "  const user = yield* loadUser();",
      "  const name = user.name;",
      "  const key = `orders of ${id}`;",
      "  // the orders",
      "  const orders = yield* loadOrders(key);",
    ].join("\n");
    expect(codeFor(body, "const id = 3;")).toBe(
      [
        "  const key = `orders of ${id}`;",
        "  // the orders",
        "  const [user, orders] = yield* gather([loadUser(), loadOrders(key)]);",
        "  const name = user.name;",
      ].join("\n"),
    );
  });

  test("only those that need nothing are taken together; those behind them are another row", () => {
    const body = [
      "  const a = yield* f();",
      "  const b = yield* g();",
      "  const c = yield* h(a);",
      "  const d = yield* i(b);",
    ].join("\n");
    const { groups, reasons } = askSequential(coroutineOf(body));
    expect(groups.map(({ code }) => code)).toEqual([
      "  const [a, b] = yield* gather([f(), g()]);",
      "  const [c, d] = yield* gather([h(a), i(b)]);",
    ]);
    expect(groups.map(({ awaits }) => awaits)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(reasons).toEqual(["line 6 needs `a`"]);
  });

  test("in a `try`, and in a method, with what is called on `this` only asked", () => {
    const text = [
      "class Page {",
      "  load = coroutine(function* (this: Page) {",
      "    const main = 1;",
      "    try {",
      "      const a = yield* this.client.getUser();",
      "      const b = yield* this.client.getOrders();",
      "      return [a, b];",
      "    } finally {",
      "      this.close();",
      "    }",
      "  });",
      "}",
    ].join("\n");
    const { groups } = askSequential(text);
    expect(groups[0]?.code).toBe(
      "      const [a, b] = yield* gather([this.client.getUser(), this.client.getOrders()]);",
    );
    expect(groups[0]?.imports).toEqual(["gather"]);
    expect(groups[0]?.notes.join()).toContain("they ask the same `this.client`");
  });

  test("calls of one object that ask for things, whatever they are called", () => {
    const body = "  const price = yield* apis.pricing(order);\n  const route = yield* apis.shipping(order);";
    const { groups } = askSequential(coroutineOf(body));
    expect(groups[0]?.code).toBe(
      "  const [price, route] = yield* gather([apis.pricing(order), apis.shipping(order)]);",
    );
    expect(groups[0]?.notes[0]).toContain("they ask the same `apis`");
  });

  test("long rows stand in lines of their own, and `gather` by the name that the file gives it", () => {
    const long = "x".repeat(60);
    const text = `import { gather as all } from "brigade";\nfunction* main() { const main = 0;\n  const a = yield* f("${long}");\n  const b = yield* g("${long}");\n}`;
    const { groups } = askSequential(text);
    expect(groups[0]?.code).toBe(`  const [a, b] = yield* all([\n    f("${long}"),\n    g("${long}"),\n  ]);`);
    expect(groups[0]?.imports).toEqual([]);
  });
});

describe("not independent", () => {
  const dependent: readonly (readonly [claim: string, body: string, before?: string])[] = [
    ["the second needs the first's result", "  const a = yield* f();\n  const b = yield* g(a);"],
    ["it needs something computed from it", "  const a = yield* f();\n  const b = a.b;\n  const c = yield* g(b);"],
    ["it needs it in a closure", "  const a = yield* f();\n  const b = yield* g(() => a);"],
    ["it needs a part of it", "  const { x: { y } } = yield* f();\n  const b = yield* g(y);"],
    ["a condition stands between", "  const a = yield* f();\n  if (!a) return;\n  const b = yield* g();"],
    ["one stands in a branch", "  const a = yield* f();\n  if (x) {\n    yield* g();\n  }"],
    ["one is behind `&&`", "  const a = yield* f();\n  const b = ok && (yield* g());"],
    ["one is behind `?.` of an argument", "  const a = yield* f();\n  const b = x?.y(yield* g());"],
    ["a call stands between", "  const a = yield* f();\n  prepare();\n  const b = yield* g();"],
    ["a variable is changed between", "  const a = yield* f();\n  n = 2;\n  const b = yield* g(n);", "let n = 1;"],
    ["an argument changes a variable", "  const a = yield* f(n++);\n  const b = yield* g(n);", "let n = 1;"],
    ["`using` takes hold of something", "  using p = yield* pool.acquire();\n  const b = yield* g();"],
    ["a pause is meant", "  yield* sleep(10);\n  const b = yield* g();"],
    ["a lock is taken", "  yield* lock.acquire();\n  const b = yield* g();"],
    ["methods of one object do more than ask", "  yield* db.begin();\n  yield* db.insert(1);"],
    ["the object of a call is what the other gives", "  const a = yield* f();\n  const b = yield* a.next();"],
    ["a result is assigned to a variable from outside", "  a = yield* f();\n  const b = yield* g(a);", "let a;"],
    [
      "one function of the file writes what another reads",
      "  yield* login();\n  const b = yield* load();",
      "let token = '';\nconst login = coroutine(function* () { token = 'x'; });\nconst load = coroutine(function* () { return token; });",
    ],
    [
      "two functions of the file write the same, through a third",
      "  yield* f();\n  yield* g();",
      "let n = 0;\nfunction add() { n++; }\nconst f = coroutine(function* () { add(); });\nconst g = coroutine(function* () { add(); });",
    ],
    [
      "a closure changes what the next reads",
      "  yield* each((x) => { sum += x; });\n  const b = yield* save(sum);",
      "let sum = 0;",
    ],
    [
      "a list of the file is filled by one and read by the other",
      "  yield* fill();\n  yield* empty();",
      "const jobs = [];\nconst fill = coroutine(function* () { jobs.push(1); });\nconst empty = coroutine(function* () { return jobs.length; });",
    ],
  ];

  test.each(dependent)("%s", (_claim, body = "", before = "") => {
    expect(codeFor(body, before)).toBeUndefined();
  });

  test("one method writes what another one reads of their object", () => {
    const text = [
      "class Session {",
      "  login = coroutine(function* () { this.token = 1; });",
      "  load = coroutine(function* () { return this.token; });",
      "  other = coroutine(function* () { return this.id; });",
      "  start = coroutine(function* () {",
      "    const main = 1;",
      "    yield* this.login();",
      "    const a = yield* this.load();",
      "    const b = yield* this.other();",
      "  });",
      "}",
    ].join("\n");
    const { groups, reasons } = askSequential(text);
    expect(groups.map(({ code }) => code)).toEqual(["    const [a, b] = yield* gather([this.load(), this.other()]);"]);
    expect(reasons).toEqual(["line 8 and one before it share `this.token`, which one of them changes"]);
  });

  test("a loop between them is left alone", () => {
    const body = "  const a = yield* f();\n  for (const x of xs) {\n    yield* g(x);\n  }\n  const c = yield* h();";
    expect(codeFor(body)).toBeUndefined();
  });

  test("a row that shares its lines with other code is left alone", () => {
    expect(codeFor("  begin(); const a = yield* f(); const b = yield* g();")).toBeUndefined();
  });
});

test("a `yield*` that is no longer there is said to be missing", () => {
  const file = new SourceFile("main.ts", "function* main() {\n  yield* f();\n}\n");
  const answer = sequential(file, new Effects(file), [{ line: 2 }, { line: 3 }]);
  expect(answer).toEqual({ read: false, groups: [], reasons: ["there is no `yield*` in line 3 any more"] });
});

test("a position without a column, or with another engine's, is found where its line has one await", () => {
  const file = new SourceFile("main.ts", "function* main() {\n  const a = yield* f();\n  const b = yield* g();\n}\n");
  const { groups } = sequential(file, new Effects(file), [{ line: 2 }, { line: 3, column: 3 }]);
  expect(groups[0]?.code).toBe("  const [a, b] = yield* gather([f(), g()]);");
});
