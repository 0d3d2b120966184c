/** Links between the pages lead to files and headings that exist. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { pages, root } from "./examples.ts";

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): Set<string> {
  const headings = readFileSync(page, "utf8").matchAll(/^#{1,6} (.+)$/gm);
  const slug = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-");
  return new Set([...headings].map((heading) => slug(heading[1] ?? "")));
}

test.each(pages())("every relative link of %s leads somewhere", (page) => {
  const prose = readFileSync(join(root, page), "utf8").replaceAll(/^```.*?^```/gms, "");
  const broken: string[] = [];
  for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? join(root, page) : join(root, dirname(page), path);
    if (!existsSync(file)) broken.push(target);
    else if (anchor !== undefined && !anchors(file).has(anchor)) broken.push(target);
  }
  expect(broken).toEqual([]);
});

test("the index lists every page", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  const listed = pages()
    .filter((page) => page.startsWith("docs/") && page !== "docs/README.md")
    .filter((page) => !index.includes(`](${page.slice("docs/".length)})`));
  expect(listed).toEqual([]);
});
