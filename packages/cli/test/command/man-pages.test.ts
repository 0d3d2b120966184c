/** The manual pages are what the declarations say, and mandoc has nothing to say against them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manPages } from "../../man/man-pages.ts";
import { roff, typed } from "../../man/roff.ts";
import { commands } from "../../src/command/commands.ts";
import { commandLine } from "./command-line.ts";
import { hasProgram, program } from "./process.ts";

const folder = join(import.meta.dirname, "../../man");

test("the pages in man/ are up to date: npm run man writes them", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".1"));
  expect(files.sort()).toEqual(
    manPages()
      .map(({ file }) => file)
      .sort(),
  );
  for (const { file, text } of manPages()) expect(readFileSync(join(folder, file), "utf8")).toBe(text);
});

test("the packed package has every page", () => {
  const { man } = JSON.parse(readFileSync(join(folder, "../package.json"), "utf8")) as { readonly man: string[] };
  expect([...man].sort()).toEqual(
    manPages()
      .map(({ file }) => `./man/${file}`)
      .sort(),
  );
});

test.each(commands.map(({ text }) => text.name))(
  "every option of brigade %s --help is in its manual page",
  async (name) => {
    const { out } = await commandLine([name, "--help"]);
    const options = [...out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map((match) => match[1] as string);
    const page = manPages().find(({ file }) => file === `brigade-${name}.1`)?.text ?? "";
    expect(page).toMatch(/^\.TH/);
    expect(options.filter((option) => !page.includes(`\\fB${typed(option)}\\fR`))).toEqual([]);
  },
);

test("what is special in roff is shown as it is", () => {
  expect(roff(".TH is a macro")).toBe("\\&.TH is a macro");
  expect(roff("'br a\\b")).toBe("\\(aqbr a\\eb");
  expect(typed("--a-b")).toBe("\\-\\-a\\-b");
});

// A date in the page would be wrong after the next change, or make each build another one.
const wanted = /missing date, using ""/;

test.skipIf(!hasProgram("mandoc"))("mandoc warns of nothing", async () => {
  for (const { file } of manPages()) {
    const { stdout } = await program("mandoc", ["-T", "lint", "-W", "warning", join(folder, file)]);
    expect(stdout.split("\n").filter((line) => line !== "" && !wanted.test(line))).toEqual([]);
  }
});

test.skipIf(!hasProgram("mandoc"))("examples can be copied from the page", async () => {
  const { stdout } = await program("mandoc", ["-T", "ascii", join(folder, "brigade-fetch.1")]);
  const plain = stdout.replaceAll(/.[\b]/g, "");
  expect(plain).toContain("brigade fetch --url-template 'https://api.example.com/items/{1..500}' \\\n");
});
