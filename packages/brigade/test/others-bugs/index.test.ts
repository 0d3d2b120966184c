/** The table of docs/others-bugs.md and the files of the folders of this name, one in each package, are the same list. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folders = ["brigade", "data", "workers"].map(
  (name) => new URL(`../../../${name}/test/others-bugs/`, import.meta.url),
);
const page = new URL("../../../../docs/others-bugs.md", import.meta.url);

interface Row {
  readonly number: string;
  readonly link: string;
}

function files(): URL[] {
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^\d\d-.*\.test\.ts$/.test(name))
      .map((name) => new URL(name, folder)),
  );
}

const nameOf = (file: URL): string => basename(fileURLToPath(file));

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
    expect(
      folders.some((folder) => file.href.startsWith(folder.href)),
      `row ${number}: ${link}`,
    ).toBe(true);
    expect(link.split("/").at(-1), `row ${number}`).toMatch(new RegExp(`^${number.padStart(2, "0")}-`));
  }
});

test("every test file has its row, once", () => {
  const linked = rows().map((row) => row.link.split("/").at(-1));
  expect(linked).toEqual(files().map(nameOf).toSorted());
});

test("every test file opens with the system and the reference it is about", () => {
  for (const file of files()) {
    const opening = readFileSync(file, "utf8").split("*/")[0] ?? "";
    expect(opening, nameOf(file)).toMatch(
      /^\/\*\*\n? \*? ?.*(\(.*(#\d+|gh-\d+|pull request \d+|measured|documentation).*\)|PEP 789)/s,
    );
  }
});
