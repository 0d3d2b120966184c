/** The program that a run is: opens its input and its outputs, fetches, and leaves everything whole on disk. */
import {
  type Awaitable,
  type Coroutine,
  coroutine,
  type CoroutineBody,
  fromPromise,
  getRunningLoop,
  shield,
  taskGroup,
  use,
} from "brigade";
import { type Client, type ClientOptions, createClient } from "brigade/http";
import type { CookieJar } from "tough-cookie";
import { Crew, windowOf } from "./crew.ts";
import { display } from "./display/display.ts";
import type { Ending } from "./ending.ts";
import { Fetcher } from "./fetcher.ts";
import { countUrls } from "./input/count.ts";
import { type Input, Intake, openInput } from "./input/intake.ts";
import { UrlSet } from "./input/url-set.ts";
import { Meter } from "./meter/meter.ts";
import type { FetchOptions } from "./options.ts";
import { isGzipped, Opened, openOutputs, type Outputs } from "./output/open.ts";
import { Order } from "./output/order.ts";
import { Output } from "./output/output.ts";
import { Archive } from "./warc/archive.ts";
import { readCookies, writeCookies } from "./web/cookies-file.ts";
import { Robots } from "./web/robots.ts";

const defaultAgent = "brigade-fetch";

/** Everything that a run works with, open. */
interface Workplace {
  readonly input: Input;
  readonly total: number | undefined;
  readonly cookies: CookieJar | undefined;
  readonly outputs: Outputs;
}

export const program: (options: FetchOptions, ending: Ending) => Coroutine<void> = coroutine(function* program(
  options: FetchOptions,
  ending: Ending,
): CoroutineBody<void> {
  const opened = new Opened();
  try {
    const workplace = yield* fromPromise((signal) => open(options, opened, signal));
    const archive = options.warc === undefined ? undefined : new Archive(isGzipped(options.warc), options);
    const settings = clientOptions(options, workplace.cookies, archive);
    const parts = { options, ending, archive, ...workplace };
    if (options.engine === undefined) yield* use(createClient(settings), (client) => fetchAll({ ...parts, client }));
    else yield* fetchElsewhere({ ...parts, options: { ...options, engine: options.engine } }, settings);
  } finally {
    yield* shield(fromPromise(opened.close()));
  }
});

/** The input first: who misspelt its name shall not lose an output that he replaces. */
async function open(options: FetchOptions, opened: Opened, signal: AbortSignal): Promise<Workplace> {
  const total =
    options.quiet && options.summaryJson === undefined ? undefined : await countUrls(options.source, signal);
  const input = await openInput(options.source);
  opened.finally(async () => input.chunks?.close());
  const { cookies: file } = options;
  const cookies = file === undefined ? undefined : await readCookies(file);
  const outputs = await openOutputs(options, options.userAgent ?? defaultAgent, opened, signal);
  if (file !== undefined && cookies) opened.finally(() => writeCookies(file, cookies));
  return { input, total, cookies, outputs };
}

function clientOptions(
  options: FetchOptions,
  cookies: CookieJar | undefined,
  archive: Archive | undefined,
): ClientOptions {
  const { concurrency, perHost, rate, perHostRate, adaptive, userAgent, proxy } = options;
  const headers = userAgent === undefined ? options.headers : [["user-agent", userAgent] as const, ...options.headers];
  return {
    headers,
    maxBytes: options.maxBytes,
    http2: options.http2,
    limits: {
      connections: concurrency,
      adaptive,
      ...(perHost === undefined ? {} : { perHost }),
      ...(rate === undefined ? {} : { rate }),
      ...(perHostRate === undefined ? {} : { perHostRate }),
    },
    // An attempt has its bound; a run of a million URLs has none.
    timeouts: {
      attempt: options.timeout,
      connect: options.connectTimeout,
      read: Infinity,
      write: Infinity,
      total: Infinity,
    },
    // Each URL is to be had: what one of them spends on retries is not taken from the others.
    retry: { retries: options.retries, retryAfterMax: options.retryAfterMax, budget: false },
    ...(proxy === undefined ? {} : { proxy }),
    ...(cookies === undefined ? {} : { cookies }),
    ...(archive === undefined ? {} : { hooks: archive.hooks }),
  };
}

/** What is loaded for it, only this needs. An attempt's bounds hold where it is made; here it also waits for a worker. */
function* fetchElsewhere(
  parts: Omit<Parts, "client" | "options"> & { readonly options: FetchOptions & { readonly engine: string } },
  settings: ClientOptions,
): CoroutineBody<void> {
  const { options } = parts;
  const { spread, watched } = yield* fromPromise(import("./spread/spread.ts"));
  const timeouts = { attempt: Infinity, connect: Infinity, read: Infinity, write: Infinity, total: Infinity };
  yield* spread(options, (transport) =>
    use(createClient({ ...settings, timeouts, transport }), (client) =>
      fetchAll({ ...parts, client, guard: (meter, body) => watched(transport, options.engine, meter, body) }),
    ),
  );
}

interface Parts extends Workplace {
  readonly options: FetchOptions;
  readonly ending: Ending;
  readonly client: Client;
  readonly archive: Archive | undefined;
  /** Runs beside the work, and may put notices on the display. */
  readonly guard?: (meter: Meter, body: Awaitable<void>) => Awaitable<void>;
}

function* fetchAll(parts: Parts): CoroutineBody<void> {
  const { options, ending, client, outputs, archive } = parts;
  const { recovery, bodies, sinks } = outputs;
  const loop = getRunningLoop();
  const began = loop.time();
  const meter = new Meter({ total: parts.total, clock: () => loop.time() - began });
  ending.begun(meter, recovery?.finished.failed ?? 0);
  const intake = new Intake(parts.input, {
    finished: recovery?.finished,
    seen: options.dedupe ? new UrlSet() : undefined,
    skipped: (count) => meter.skip(count),
  });
  const output = new Output(sinks);
  const order = options.ordered ? new Order(output, windowOf(options.concurrency)) : undefined;
  const robots = options.robots ? new Robots(client, options.userAgent ?? defaultAgent) : undefined;
  const fetcher = new Fetcher({ client, options, bodies, archive, robots, began });
  const record = (result: Parameters<Ending["record"]>[0]): void => ending.record(result);
  const crew = new Crew({ options, client, intake, fetcher, output, order, meter, record });
  const work = written(output, crew);
  yield* use(display(meter, client, options), () => parts.guard?.(meter, work) ?? work);
  meter.total = intake.count;
  ending.completed();
}

/** Fetches until all is done, or nothing can be written. What is done is written, however it ends. */
function* written(output: Output, crew: Crew): CoroutineBody<void> {
  try {
    yield* taskGroup(function* (group) {
      const failure = group.createTask(output.failure());
      yield* crew.run();
      failure.cancel();
    });
  } finally {
    yield* shield(output.flush());
  }
}
