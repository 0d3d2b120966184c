/** Which loops have iterations that are independent, and the lines that are written for them. */
import { describe, expect, test } from "vitest";
import { askLoop, coroutineOf, expectToParse, rewritten } from "./ask.ts";

function codeFor(body: string, before = ""): string | undefined {
  const answer = askLoop(coroutineOf(body, before));
  expect(answer.read).toBe(true);
  if (answer.code !== undefined) expectToParse(rewritten(coroutineOf(body, before), answer));
  return answer.independent ? answer.code : undefined;
}

describe("independent", () => {
  test("a call for each item, whose result nobody takes", () => {
    expect(codeFor("  for (const id of ids) {\n    yield* save(id);\n  }")).toBe(
      "  yield* gather(Array.from(ids, (id) => save(id)), { limit: 10 });",
    );
  });

  test("a list that is known to be one is mapped", () => {
    expect(codeFor("  for (const id of ids) yield* save(id);", "const ids = [1, 2];")).toBe(
      "  yield* gather(ids.map((id) => save(id)), { limit: 10 });",
    );
    expect(codeFor("  for (const id of ids) yield* save(id);", "const ids: readonly string[] = read();")).toBe(
      "  yield* gather(ids.map((id) => save(id)), { limit: 10 });",
    );
  });

  test("results that are pushed keep their order", () => {
    expect(codeFor("  const all = [];\n  for (const id of ids) {\n    all.push(yield* load(id));\n  }")).toBe(
      "  all.push(...(yield* gather(Array.from(ids, (id) => load(id)), { limit: 10 })));",
    );
  });

  test("what is done with a result is done in the order of the items", () => {
    expect(
      codeFor(
        "  for (const id of ids) {\n    const page = yield* load(id);\n    total += page.size;\n  }",
        "let total = 0;",
      ),
    ).toBe(
      [
        "  const results = yield* gather(Array.from(ids, (id) => load(id)), { limit: 10 });",
        "  for (const page of results) {",
        "    total += page.size;",
        "  }",
      ].join("\n"),
    );
  });

  test("several awaits become a generator, which hands over what is needed behind them", () => {
    const body = [
      "  for (const id of ids) {",
      "    const user = yield* loadUser(id);",
      "    const pet = yield* loadPet(user.pet);",
      "    names.push(id, pet);",
      "  }",
    ].join("\n");
    expect(codeFor(body, "const names = [];")).toBe(
      [
        "  const results = yield* gather(",
        "    Array.from(ids, function* (id) {",
        "      const user = yield* loadUser(id);",
        "      const pet = yield* loadPet(user.pet);",
        "      return { id, pet };",
        "    }),",
        "    { limit: 10 },",
        "  );",
        "  for (const { id, pet } of results) {",
        "    names.push(id, pet);",
        "  }",
      ].join("\n"),
    );
  });

  test("an await within an expression is taken out of it", () => {
    expect(codeFor("  for (const id of ids) {\n    total += (yield* load(id)).size;\n  }", "let total = 0;")).toBe(
      [
        "  const results = yield* gather(",
        "    Array.from(ids, function* (id) {",
        "      const result = yield* load(id);",
        "      return { result };",
        "    }),",
        "    { limit: 10 },",
        "  );",
        "  for (const { result } of results) {",
        "    total += result.size;",
        "  }",
      ].join("\n"),
    );
  });

  test("a loop that counts", () => {
    expect(codeFor("  for (let i = 0; i < pages; i++) {\n    yield* load(i);\n  }", "const pages = 3;")).toBe(
      "  yield* gather(Array.from({ length: pages }, (_, i) => load(i)), { limit: 10 });",
    );
  });

  test("patterns, conditions and inner loops within the iteration", () => {
    const body = [
      "  for (const { id, parts } of orders) {",
      "    if (id > 3) {",
      "      for (const part of parts) {",
      "        if (part === 0) break;",
      "        check(part);",
      "      }",
      "    }",
      "    yield* save(id);",
      "  }",
    ].join("\n");
    expect(codeFor(body)).toContain("Array.from(orders, function* ({ id, parts }) {");
  });

  test("the lines are those of the loop, and what stands around it stays", () => {
    const text = coroutineOf("  before();\n  for (const id of ids) {\n    yield* save(id);\n  }\n  after();");
    expect(rewritten(text, askLoop(text, 4))).toBe(
      coroutineOf("  before();\n  yield* gather(Array.from(ids, (id) => save(id)), { limit: 4 });\n  after();"),
    );
  });
});

describe("not independent", () => {
  const carried: readonly (readonly [claim: string, body: string, before?: string])[] = [
    [
      "an iteration needs what the one before it left",
      "  for (const id of ids) {\n    cursor = yield* load(id, cursor);\n  }",
      "let cursor = 0;",
    ],
    [
      "it needs what is computed behind the await",
      "  for (const id of ids) {\n    const page = yield* load(id, next);\n    next = page.next;\n  }",
      "let next = 0;",
    ],
    ["it leaves early", "  for (const id of ids) {\n    const x = yield* load(id);\n    if (x) break;\n  }"],
    ["it returns", "  for (const id of ids) {\n    const x = yield* load(id);\n    if (x) return x;\n  }"],
    ["it goes on while something is so", "  while (more()) {\n    yield* load(1);\n  }"],
    ["it pauses on purpose", "  for (const id of ids) {\n    yield* load(id);\n    yield* sleep(100);\n  }"],
    ["it takes a lock", "  for (const id of ids) {\n    yield* lock.acquire();\n  }"],
    ["its variable outlives it", "  let id;\n  for (id of ids) {\n    yield* load(id);\n  }"],
    [
      "the function it calls keeps something between calls",
      "  for (const id of ids) {\n    yield* load(id);\n  }",
      "let last = 0;\nconst load = coroutine(function* (id) { last = last + id; });",
    ],
    ["the count is changed within", "  for (let i = 0; i < n; i++) {\n    i += yield* load(i);\n  }"],
    ["there is no loop", "  yield* load(1);"],
  ];

  test.each(carried)("%s", (_claim, body = "", before = "") => {
    expect(codeFor(body, before)).toBeUndefined();
  });

  test("what a loop goes over is awaited once", () => {
    expect(codeFor("  for (const id of yield* list()) {\n    use(id);\n  }")).toBeUndefined();
  });

  test("a loop around the function that awaits is none of its loops", () => {
    expect(
      codeFor("  for (const id of ids) {\n    run(function* () {\n      yield* save(id);\n    });\n  }"),
    ).toBeUndefined();
  });
});

describe("independent, but not written", () => {
  test.each([
    ["`continue`", "  for (const id of ids) {\n    if (id) continue;\n    yield* save(id);\n  }"],
    ["`this`", "  for (const id of ids) {\n    const a = yield* this.f(id);\n    yield* this.g(a);\n  }"],
    ["`using`", "  for (const id of ids) {\n    using f = open(id);\n    yield* save(f);\n    log(f);\n  }"],
  ])("with %s", (_what, body) => {
    const answer = askLoop(coroutineOf(body));
    expect(answer.independent).toBe(true);
    expect(answer.code).toBeUndefined();
    expect(answer.reasons.length).toBe(2);
  });
});

describe("polling", () => {
  test.each([
    ["a condition", "  while (!ready) {\n    yield* sleep(10);\n  }", true],
    ["a condition that breaks", "  for (;;) {\n    if (ready()) break;\n    yield* sleep(10);\n  }", true],
    ["nothing: it works between the pauses", "  while (!ready) {\n    work();\n    yield* sleep(10);\n  }", false],
    ["nothing: it counts", "  for (let i = 0; i < 3; i++) {\n    yield* sleep(10);\n  }", false],
    ["nothing: it never ends", "  while (true) {\n    yield* sleep(10);\n  }", false],
  ])("waits for %s", (_what, body, polls) => {
    expect(askLoop(coroutineOf(body)).polls).toBe(polls);
  });
});
