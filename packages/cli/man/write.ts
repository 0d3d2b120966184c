/** Writes the manual pages beside this file: `npm run man`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { manPages } from "./man-pages.ts";

for (const { file, text } of manPages()) writeFileSync(join(import.meta.dirname, file), text);
