/** Runs `main` of a module, records it into a file, and prints how long it took: record.ts MODULE TRACE virtual|real */
import { writeFileSync } from "node:fs";
import { type Coroutine, run, type RunOptions } from "brigade";
import { virtualClock } from "brigade/testing";
import { readTrace, recorder, replay } from "brigade/trace";

const [module = "", file = "", time] = process.argv.slice(2);
const { main } = (await import(module)) as { readonly main: () => Coroutine<unknown> };
const observer = recorder(time === "virtual" ? { lines: 1 } : {});
const options: RunOptions = time === "virtual" ? { observer, clock: virtualClock() } : { observer };
const value = await run(main(), options);
const bytes = observer.bytes();
writeFileSync(file, bytes);
console.log(JSON.stringify({ took: replay(readTrace(bytes)).recorded, value }));
