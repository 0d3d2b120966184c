/** Fetches every item of a shop with `brigade fetch`, and reads what came. A file to write the lines to may be given. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Item, Shop } from "./shop.ts";

/** What is used of a line of the output. */
interface Line {
  readonly url: string;
  readonly ok: boolean;
  readonly status?: number;
  readonly attempts: number;
  readonly body?: string;
}

const output = process.argv[2] ?? join(tmpdir(), "brigade-items.jsonl");
const timeline = output.replace(/(\.jsonl)?$/, ".html");

await using shop = await Shop.open();
// Installed from npm, the command is `npx brigade`.
const brigade = fileURLToPath(new URL("../../../packages/cli/src/main.ts", import.meta.url));
const words = [
  ...["fetch", "--url-template", `${shop.url}/items/{1..300}`],
  ...["--concurrency", "20", "--per-host", "8", "--retries", "3"],
  ...["--output", output, "--overwrite", "--timeline", timeline],
];
console.log(`brigade ${words.join(" ")}`);
const command = spawn(process.execPath, ["--conditions=@brigade/source", brigade, ...words], { stdio: "inherit" });
const [exitCode] = (await once(command, "exit")) as [number | null];

let sum = 0;
const lines: Line[] = [];
for await (const text of createInterface(createReadStream(output))) {
  const line = JSON.parse(text) as Line;
  lines.push(line);
  if (line.ok) sum += (JSON.parse(line.body ?? "") as Item).price;
}
const failed = lines.filter(({ ok }) => !ok).map(({ url, status }) => `${url} (${status ?? "no response"})`);
console.log(`${lines.length - failed.length} items cost ${sum} in all`);
console.log(`failed: ${failed.join(", ") || "none"}`);
console.log(`tried again: ${lines.filter(({ attempts }) => attempts > 1).length}`);
console.log(`the exit code is ${exitCode}; ${timeline} shows when each request ran`);
