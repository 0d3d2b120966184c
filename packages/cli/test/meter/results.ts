/** Results as a run gives them: one by one for tests that look closely, and many that look like a real run. */
import type { FetchResult } from "../../src/fetch/result.ts";

export interface Made {
  readonly index?: number;
  readonly url?: string;
  readonly host?: string;
  readonly status?: number | undefined;
  readonly error?: { readonly class: string; readonly message: string } | undefined;
  readonly attempts?: number;
  readonly bytes?: number;
  readonly began?: number;
  readonly waiting?: number;
  readonly connect?: number;
  readonly response?: number;
  readonly body?: number;
  /** Attempts that were made before. */
  readonly retries?: number;
}

export function made(of: Made = {}): FetchResult {
  const { waiting = 0, connect = 0, response = 10, body = 0, retries = 0, host = "a.example:443" } = of;
  return {
    index: of.index ?? 0,
    url: of.url ?? `https://${host}/${of.index ?? 0}`,
    host,
    finalUrl: undefined,
    status: "status" in of ? of.status : 200,
    error: of.error && { ...of.error, code: undefined },
    attempts: of.attempts ?? 1,
    timing: { waiting, connect, response, body, total: waiting + retries + connect + response + body },
    began: of.began ?? 0,
    bytes: of.bytes ?? 0,
    contentType: undefined,
    digest: undefined,
  };
}

export function failed(error: string, message: string, of: Made = {}): FetchResult {
  return made({ status: undefined, ...of, error: { class: error, message } });
}

/** mulberry32: the same numbers every time. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A run of so many URLs with so many at once, in the order in which they end. */
export function simulatedRun(count: number, atOnce: number, seed = 1): FetchResult[] {
  const random = randomNumbers(seed);
  const hosts = ["api.example.com:443", "tiles.example.org:443", "slow.example.net:443"];
  const free: number[] = Array.from({ length: atOnce }, (_, lane) => lane * 2);
  const results: FetchResult[] = [];
  for (let index = 0; index < count; index++) {
    const lane = free.indexOf(Math.min(...free));
    const start = free[lane] ?? 0;
    const began = Math.max(0, start - 150);
    const result = simulated(index, hosts[Math.floor(random() ** 2 * 3)] ?? "", began, start - began, random);
    results.push(result);
    free[lane] = began + result.timing.total;
  }
  return results.sort((a, b) => a.began + a.timing.total - (b.began + b.timing.total));
}

function simulated(index: number, host: string, began: number, waiting: number, random: () => number): FetchResult {
  const slow = host.startsWith("slow") ? 3 : 1;
  const connect = random() < 0.12 ? 12 + random() * 30 : 0;
  const of: Made = {
    index,
    host,
    url: `https://${host.replace(":443", "")}/items/${index}`,
    began,
    waiting,
    connect,
    response: slow * (18 + random() ** 4 * 160),
    body: 2 + random() ** 3 * 60,
    bytes: Math.round(900 + random() ** 3 * 40_000),
  };
  const chance = random();
  if (chance < 0.012)
    return failed("ReadTimeout", `GET ${of.url}: no answer for 300 ms`, { ...of, response: 300, body: 0 });
  if (chance < 0.022) {
    const error = { class: "HTTPStatusError", message: `GET ${of.url}: 404 Not Found` };
    return made({ ...of, status: 404, error });
  }
  if (chance < 0.05) return made({ ...of, attempts: 2, retries: 40 + random() * 60 });
  return made(of);
}
