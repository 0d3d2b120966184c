/** The command line: reads the orders, runs the pipeline, prints what came of it. */
import { constants } from "node:os";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CancelledError, run } from "brigade";
import { InputError, readOrders } from "./orders.ts";
import { JsonLines } from "./output.ts";
import { type Measured, pipeline } from "./pipeline.ts";
import { count, failureReport, measuredLine, summary, timelineReport } from "./report.ts";

const usage = `Enriches orders from three HTTP APIs (prices, shipping, inventory) in three ways, and says how long each took.

Usage: npm start -- [ORDERS.csv] [options]

  ORDERS.csv       columns id, customer, sku, quantity, country (default: the 300 orders of the example)
  --output FILE    where the enriched orders go, one JSON object a line (default: enriched.jsonl)
  --compare N      how many orders the two slow ways take (default: 20)
  --help           this text

Ctrl-C stops it at once, and leaves whole lines in the file.`;

const seeHelp = "--help says what there is.";
const exampleOrders = fileURLToPath(new URL("../orders.csv", import.meta.url));

interface Arguments {
  readonly help: boolean;
  readonly orders: string;
  readonly output: string;
  readonly compare: number;
}
interface Stop {
  readonly signal: "SIGINT" | "SIGTERM";
  readonly at: number;
}

try {
  const given = readArguments(process.argv.slice(2));
  if (given.help) console.log(usage);
  else await enrichFile(given);
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function enrichFile(given: Arguments): Promise<void> {
  const orders = await readOrders(given.orders);
  const output = await JsonLines.create(given.output);
  const onMeasured = (way: Measured) => console.log(measuredLine(way));
  const main = pipeline({ orders, compare: given.compare, output, terminal: process.stderr, onMeasured });

  let stop: Stop | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop ??= { signal, at: performance.now() };
    });
  }
  console.log(`${count(orders.length, "order")} from ${given.orders}, three APIs on 127.0.0.1`);
  try {
    const ways = await run(main, { handleSignals: true });
    console.log([timelineReport(ways), failureReport(ways.at(-1)?.enriched ?? []), summary(ways)].join("\n"));
    console.log(`\n${count(output.count, "order")} written to ${output.path}`);
  } catch (error) {
    if (!stop) throw error;
    if (!(error instanceof CancelledError)) console.error(error);
    const milliseconds = Math.round(performance.now() - stop.at);
    console.error(
      `stopped: ${output.count} of ${count(orders.length, "order")} written to ${output.path} (in ${milliseconds} ms)`,
    );
    process.exitCode = 128 + constants.signals[stop.signal];
  }
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = parsed(args);
  const [given, extra] = positionals;
  if (extra !== undefined) throw new InputError(`One file of orders at a time: "${extra}" is one too many. ${seeHelp}`);
  const compare = Number(values.compare);
  if (!Number.isInteger(compare) || compare < 1) {
    throw new InputError(`--compare is "${values.compare}". It must be a whole number, 1 or more.`);
  }
  const orders = given ?? relative(process.cwd(), exampleOrders);
  if (resolve(orders) === resolve(values.output)) {
    throw new InputError(`${values.output} is the file of orders. Give another path with --output.`);
  }
  return { help: values.help, orders, output: values.output, compare };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        output: { type: "string", default: "enriched.jsonl" },
        compare: { type: "string", default: "20" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    // parseArgs says what is wrong in its first sentence, and how its own options work in the rest.
    if (error instanceof TypeError) throw new InputError(`${error.message.split(". ")[0]}. ${seeHelp}`);
    throw error;
  }
}
