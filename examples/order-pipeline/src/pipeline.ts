/** The main job: starts the servers, enriches the orders in the three ways, measures each, and leaves nothing running. */
import { type Coroutine, coroutine, race, use } from "brigade";
import { type Apis, openApis } from "./apis.ts";
import { type Enriched, type Way, allAtOnce, callsGathered, oneAfterAnother, ordersInFlight } from "./enrich.ts";
import type { Order } from "./orders.ts";
import { type JsonLines, toRecord } from "./output.ts";
import { Progress } from "./progress.ts";
import { serverProcesses } from "./servers/processes.ts";

/** What came of a way, and how long it took. */
export interface Measured {
  readonly title: string;
  readonly enriched: readonly Enriched[];
  readonly milliseconds: number;
}
export interface PipelineOptions {
  readonly orders: readonly Order[];
  /** How many orders, from the first on, the two slow ways take. */
  readonly compare: number;
  /** Gets the enriched orders of the third way, which takes all of them. */
  readonly output: JsonLines;
  readonly terminal: NodeJS.WriteStream;
  readonly onMeasured?: (way: Measured) => void;
}

export const pipeline: (options: PipelineOptions) => Coroutine<readonly Measured[]> = coroutine(function* (options) {
  const { orders, output } = options;
  const few = orders.slice(0, options.compare);
  return yield* use(output, () =>
    use(serverProcesses(), (urls) =>
      use(openApis(urls), function* (apis) {
        return [
          yield* measured("one await after another", oneAfterAnother, few, apis, options),
          yield* measured("the three calls gathered", callsGathered, few, apis, options),
          yield* measured(`all at once, ${ordersInFlight} in flight`, allAtOnce, orders, apis, options, output),
        ];
      }),
    ),
  );
});

const measured = coroutine(function* (
  title: string,
  way: Way,
  orders: readonly Order[],
  apis: Apis,
  { terminal, onMeasured }: PipelineOptions,
  output?: JsonLines,
) {
  const enriched: Enriched[] = [];
  const progress = new Progress(title, orders.length, terminal);
  const done = coroutine(function* (one: Enriched) {
    if (output) yield* output.write(toRecord(one));
    enriched.push(one);
    progress.advance();
  });

  const start = performance.now();
  // The progress never ends: the work wins the race, and the loser is cancelled.
  yield* race([way(orders, apis, done), progress.shown()]);
  const result: Measured = { title, enriched, milliseconds: performance.now() - start };
  onMeasured?.(result);
  return result;
});
