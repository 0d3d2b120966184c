/** The table of docs/others-bugs.md and the files of this folder are the same list. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = new URL(".", import.meta.url);
const page = new URL("../../../../docs/others-bugs.md", import.meta.url);

interface Row {
  readonly number: string;
  readonly link: string;
}

function rows(): Row[] {
  const lines = readFileSync(page, "utf8").split("\n");
  return lines.flatMap((line) => {
    const number = /^\| (\d+) \|/.exec(line)?.[1];
    if (number === undefined) return [];
    return [{ number, link: /\]\(([^)]+\.test\.ts)\) \|$/.exec(line)?.[1] ?? "no link to a test" }];
  });
}

test("every row of the table leads to its test file, which is named after the row", () => {
  expect(rows().length).toBeGreaterThan(30);
  for (const { number, link } of rows()) {
    const file = new URL(link, page);
    expect(existsSync(file), `row ${number}: ${link}`).toBe(true);
    expect(fileURLToPath(file).startsWith(fileURLToPath(folder)), `row ${number}: ${link}`).toBe(true);
    expect(link.split("/").at(-1), `row ${number}`).toMatch(new RegExp(`^${number.padStart(2, "0")}-`));
  }
});

test("every test file has its row, once", () => {
  const files = readdirSync(folder).filter((name) => /^\d\d-.*\.test\.ts$/.test(name));
  const linked = rows().map((row) => row.link.split("/").at(-1));
  expect(linked).toEqual(files.toSorted());
});

test("every test file opens with the system and the reference it is about", () => {
  for (const name of readdirSync(folder).filter((file) => /^\d\d-.*\.test\.ts$/.test(file))) {
    const opening = readFileSync(new URL(name, folder), "utf8").split("*/")[0] ?? "";
    expect(opening, name).toMatch(
      /^\/\*\*\n \* .*(\(.*(#\d+|gh-\d+|pull request \d+|measured|documentation).*\)|PEP 789)/s,
    );
  }
});
