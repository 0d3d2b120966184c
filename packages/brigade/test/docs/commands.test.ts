/**
 * What the documentation shows of a terminal is what the command prints: the blocks fenced as `console`. The modules of a page
 * are there, and its commands run one after another. How long the loop was busy differs from run to run, and is not compared.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examplesOf, pages, root } from "./examples.ts";

interface Session {
  readonly place: string;
  readonly page: string;
  readonly commands: readonly { readonly line: string; readonly printed: string }[];
}

const node = createRequire(import.meta.url).resolve("node/bin/node");
// Not below node_modules, where Node strips no types.
const folder = mkdtempSync(join(tmpdir(), "brigade-commands-"));
const sessions = pages().flatMap(sessionsOf);

function sessionsOf(page: string): Session[] {
  const markdown = readFileSync(join(root, page), "utf8");
  return [...markdown.matchAll(/^```console\n(.*?)^```[^\S\n]*$/gms)].map((match) => {
    const place = `${page}:${markdown.slice(0, match.index).split("\n").length + 1}`;
    const commands = (match[1] ?? "").split(/^\$ /m).slice(1);
    return {
      place,
      page,
      commands: commands.map((text) => ({ line: text.split("\n", 1)[0] ?? "", printed: text.replace(/^.*\n/, "") })),
    };
  });
}

const folderOf = (page: string): string => join(folder, basename(page, ".md"));

/** What a shell shows of it: both streams, in the order in which they were written to. */
function shown(command: string, cwd: string): string {
  const file = join(cwd, ".shown");
  const output = openSync(file, "w");
  const { COLUMNS: _, FORCE_COLOR: __, ...inherited } = process.env;
  const env = {
    ...inherited,
    PATH: [join(folder, "bin"), process.env["PATH"]].join(delimiter),
    NO_COLOR: "1",
    LC_ALL: "C.UTF-8",
  };
  const { error } = spawnSync("sh", ["-c", command], { cwd, env, stdio: ["ignore", output, output], timeout: 30_000 });
  closeSync(output);
  if (error) throw error;
  return readFileSync(file, "utf8");
}

/** Numbers of the machine's, not of the program's; and the folder. */
function comparable(text: string, cwd: string): string {
  return text
    .trimEnd()
    .replaceAll(`${cwd}/`, "")
    .replaceAll(/busy for [\d.]+ m?s(?: \(\d+ %\))?/g, "busy for …");
}

beforeAll(() => {
  mkdirSync(join(folder, "bin"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const command = join(folder, "bin/brigade");
  const main = join(root, "packages/cli/src/main.ts");
  writeFileSync(command, `#!/bin/sh\nexec "${node}" --conditions=@brigade/source "${main}" "$@"\n`);
  chmodSync(command, 0o755);
  for (const page of new Set(sessions.map((session) => session.page))) {
    mkdirSync(folderOf(page));
    const modules = examplesOf(page).filter(({ isModule }) => isModule);
    for (const { file, code } of modules) writeFileSync(join(folderOf(page), basename(file)), code);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the documentation shows sessions, and each has a command", () => {
  expect(sessions.length).toBeGreaterThan(5);
  expect(sessions.filter(({ commands }) => commands.length === 0)).toEqual([]);
});

test.each(sessions)(
  "the commands at $place print what the page shows",
  ({ page, commands }) => {
    const cwd = folderOf(page);
    for (const { line, printed } of commands) {
      expect(comparable(shown(line, cwd), cwd)).toBe(comparable(printed, cwd));
    }
  },
  120_000,
);
