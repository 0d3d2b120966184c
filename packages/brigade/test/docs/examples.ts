/**
 * The programs in the documentation: every fenced `ts` block, and the output that a `text` block after it promises. A block
 * fenced as `ts crunch.ts` is a file of that name beside the programs of its page: a module that a worker loads. One fenced as
 * `ts postgres` runs with a server of its own in the place of the address that it names.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../../../", import.meta.url));

export interface Example {
  /** The page from the repository's root, and the block's first line: "docs/tasks.md:12". */
  readonly place: string;
  /** Its file: "docs-tasks/12.ts", or "docs-tasks/crunch.ts" if the fence names it. */
  readonly file: string;
  /** Whether it is a module for the page's programs, and none of them. */
  readonly isModule: boolean;
  readonly code: string;
  /** Not if it is fenced as `ts no-run`, for what it needs is not here, nor if it is a module. */
  readonly runs: boolean;
  /** The server that it needs, if it is fenced as `ts postgres`, `ts redis` or `ts s3`. */
  readonly server: string | undefined;
  /** What it must print, if the page says so. */
  readonly output: string | undefined;
}

/** The pages whose examples are programs. */
export function pages(): string[] {
  const readmes = ["README.md", "packages/brigade/README.md"].filter((page) => existsSync(root + page));
  const texts = new Set(readmes.map((page) => readFileSync(root + page, "utf8")));
  // The package's README may be a copy of the repository's.
  const distinct = readmes.slice(0, texts.size);
  return [...distinct, ...globSync("docs/*.md", { cwd: root }).toSorted()];
}

interface Block {
  readonly language: string;
  readonly info: string;
  readonly line: number;
  readonly text: string;
  /** Only blank lines lie between it and the block before. */
  readonly follows: boolean;
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const fence = /^```(\w*)([^\n]*)\n(.*?)^```[^\S\n]*$/gms;
  let end = 0;
  for (const match of markdown.matchAll(fence)) {
    blocks.push({
      language: match[1] ?? "",
      info: match[2] ?? "",
      line: markdown.slice(0, match.index).split("\n").length + 1,
      text: match[3] ?? "",
      follows: blocks.length > 0 && markdown.slice(end, match.index).trim() === "",
    });
    end = match.index + match[0].length;
  }
  return blocks;
}

export function examplesOf(page: string): Example[] {
  const blocks = blocksOf(readFileSync(root + page, "utf8"));
  return blocks.flatMap((block, index) => {
    if (block.language !== "ts") return [];
    const next = blocks[index + 1];
    const output = next?.language === "text" && next.follows ? next.text : undefined;
    const folder = page.slice(0, -".md".length).replaceAll("/", "-").toLowerCase();
    const moduleName = /\S+\.ts\b/.exec(block.info)?.[0];
    const isModule = moduleName !== undefined;
    const runs = !isModule && !block.info.includes("no-run");
    const file = `${folder}/${moduleName ?? `${block.line}.ts`}`;
    const server = isModule ? undefined : /\b(?:postgres|redis|s3)\b/.exec(block.info)?.[0];
    return [{ place: `${page}:${block.line}`, file, isModule, code: block.text, runs, server, output }];
  });
}
