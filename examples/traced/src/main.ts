/** Runs the shop with a recorder, and prints what the trace says. A file named as an argument keeps the trace. */
import { writeFileSync } from "node:fs";
import { run } from "brigade";
import { readTrace, recorder } from "brigade/trace";
import { report } from "./report.ts";
import { shop } from "./shop.ts";

const [file] = process.argv.slice(2);
const observer = recorder({ program: "the shop" });
const filled = await run(shop(30), { observer });
console.log(`${filled.length} orders filled, ${filled.filter(({ inStock }) => inStock).length} of them in stock`);

const bytes = observer.bytes();
console.log(report(readTrace(bytes)));
if (file !== undefined) writeFileSync(file, bytes);
