/** Bare undici as a whole program: fetches the URLs of a file, 50 at once, and reads each body. `node fetch-list.ts FILE` */
import { readFileSync } from "node:fs";
import { Agent, request } from "undici";
import { CONCURRENCY } from "../../http/concurrency.ts";

const [path = ""] = process.argv.slice(2);
const urls = readFileSync(path, "utf8").trimEnd().split("\n");
const dispatcher = new Agent({ connections: CONCURRENCY });
const remaining = urls.values();

async function loop(): Promise<void> {
  for (const url of remaining) {
    const { statusCode, body } = await request(url, { dispatcher });
    await body.text();
    if (statusCode !== 200) process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: CONCURRENCY }, loop));
await dispatcher.close();
