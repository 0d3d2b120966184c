/** Where a file sets a limit. */
import type { Resource } from "brigade/trace";
import { expect, test } from "vitest";
import { limitIn } from "../../src/source/limit.ts";
import { SourceFile } from "../../src/source/source-file.ts";

function codeFor(text: string, resource: Resource): string | undefined {
  const path = "main.ts";
  return limitIn(new SourceFile(path, `import { gather, Semaphore } from "brigade";\n${text}`), path, resource, 9)
    ?.code;
}

test("a semaphore by its name and its permits", () => {
  const text = 'const a = new Semaphore(2, { name: "api" });\nconst b = new Semaphore(2, { name: "db" }); // two';
  expect(codeFor(text, { kind: "Semaphore", name: "api", capacity: 2 })).toBe(
    'const a = new Semaphore(9, { name: "api" });',
  );
  expect(codeFor(text, { kind: "Semaphore", name: "db", capacity: 2 })).toBe(
    'const b = new Semaphore(9, { name: "db" }); // two',
  );
});

test("one without a name, if there is one such", () => {
  const one = "const a = new Semaphore(2);";
  expect(codeFor(one, { kind: "Semaphore", capacity: 2 })).toBe("const a = new Semaphore(9);");
  expect(codeFor(`${one}\nconst b = new Semaphore(2);`, { kind: "Semaphore", capacity: 2 })).toBeUndefined();
  expect(codeFor(one, { kind: "Semaphore", capacity: 3 })).toBeUndefined();
  expect(codeFor(one, { kind: "Semaphore", name: "api", capacity: 2 })).toBeUndefined();
});

test("a queue by its size, and a gather by its limit", () => {
  expect(codeFor("const q = new Queue({ maxSize: 5 });", { kind: "Queue", capacity: 5 })).toBe(
    "const q = new Queue({ maxSize: 9 });",
  );
  expect(codeFor("gather(all, { limit: 4 });", { kind: "gather", capacity: 4 })).toBe("gather(all, { limit: 9 });");
});

test("not one whose number stands somewhere else", () => {
  expect(codeFor("const a = new Semaphore(limit);", { kind: "Semaphore", capacity: 2 })).toBeUndefined();
});
