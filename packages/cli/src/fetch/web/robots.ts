/** What robots.txt allows (RFC 9309): fetched once for each origin, through the same client, and kept for the last thousand. */
import { type Client, isHTTPError } from "brigade/http";
import { type CoroutineBody, createTask, getRunningLoop, sleepUntil, type Task } from "brigade";
import parser from "robots-parser";
import { lacksDescriptor } from "../failure.ts";
import { codeOf } from "../stop.ts";

/** What its module really gives; its types say that it has a `default`. */
const robotsParser = parser as unknown as typeof parser.default;

/** The URL was not requested: robots.txt forbids it. */
class RobotsDisallowed extends Error {
  override readonly name: string = "RobotsDisallowed";
}
/** The URL was not requested: nobody knows whether it may be, because robots.txt could not be had. */
class RobotsUnavailable extends Error {
  override readonly name: string = "RobotsUnavailable";
}

interface Rules {
  /** Throws for a URL that may not be requested. */
  check(url: URL): void;
  /** Milliseconds between the starts of two requests. */
  readonly delay: number;
}

interface Origin {
  readonly rules: Task<Rules>;
  /** When the next request may start, on the loop's clock. */
  nextAt: number;
}

const mostOrigins = 1_000;
const mostBytes = 512 * 1024; // what RFC 9309 asks to be read at least
const mostRedirects = 5;

export class Robots {
  readonly #client: Client;
  readonly #agent: string;
  readonly #origins = new Map<string, Origin>(); // the one that was used last comes last

  /** `userAgent`: what the requests say of who makes them; its name is what rules are looked up by. */
  constructor(client: Client, userAgent: string) {
    this.#client = client;
    this.#agent = /^[^/\s]+/.exec(userAgent)?.[0] ?? "*";
  }

  /** Waits until the URL may be requested; throws when it may not. */
  *permit(url: URL): CoroutineBody<void> {
    const origin = this.#origin(url.origin);
    const rules = yield* this.#rules(origin, url.origin);
    rules.check(url);
    if (rules.delay === 0) return;
    const at = Math.max(getRunningLoop().time(), origin.nextAt);
    origin.nextAt = at + rules.delay;
    yield* sleepUntil(at);
  }

  /** A lack of descriptors says nothing of the origin: the next one asks anew. */
  *#rules({ rules }: Origin, name: string): CoroutineBody<Rules> {
    try {
      return yield* rules;
    } catch (error) {
      this.#origins.delete(name);
      throw error;
    }
  }

  #origin(name: string): Origin {
    const known = this.#origins.get(name);
    // Not a child of whoever asks first: others wait for the same answer.
    const origin = known ?? {
      rules: createTask(rulesOf(this.#client, this.#agent, name), { name: `robots.txt of ${name}` }),
      nextAt: 0,
    };
    // Where there are few, nobody has to know which was used last.
    if (known && this.#origins.size < mostOrigins / 2) return known;
    if (known) this.#origins.delete(name);
    else if (this.#origins.size >= mostOrigins) this.#forgetOldest();
    this.#origins.set(name, origin);
    return origin;
  }

  #forgetOldest(): void {
    for (const [name, { rules }] of this.#origins) {
      if (!rules.done) continue;
      this.#origins.delete(name);
      return;
    }
  }
}

function* rulesOf(client: Client, agent: string, origin: string): CoroutineBody<Rules> {
  const address = `${origin}/robots.txt`;
  try {
    const response = yield* client.get(address, { maxBytes: mostBytes, maxRedirects: mostRedirects });
    if (response.status >= 500) {
      response.close();
      return unavailable(`${address} says ${response.status} ${response.statusText}`.trimEnd());
    }
    if (response.status >= 400) {
      response.close();
      return { check() {}, delay: 0 }; // there are no rules
    }
    return rulesIn(yield* response.text(), address, agent);
  } catch (error) {
    if (!isHTTPError(error) || lacksDescriptor(codeOf(error))) throw error;
    return unavailable(`${address} can't be had (${error.name}: ${error.message.replace(/^[A-Z]+ \S+: /, "")})`);
  }
}

function rulesIn(text: string, address: string, agent: string): Rules {
  const robots = robotsParser(address, text);
  return {
    check(url) {
      if (robots.isAllowed(url.href, agent) !== false) return;
      const line = robots.getMatchingLineNumber(url.href, agent);
      throw new RobotsDisallowed(
        `${address} forbids it${line > 0 ? ` (line ${line})` : ""}: leave --robots out to request it all the same`,
      );
    },
    // NaN where the line has no number.
    delay: Math.max(0, (robots.getCrawlDelay(agent) ?? 0) * 1_000) || 0,
  };
}

/** RFC 9309, 2.3.1.4: what can't be reached forbids everything. */
function unavailable(why: string): Rules {
  return {
    check() {
      throw new RobotsUnavailable(
        `${why}, so that nothing there may be requested: leave --robots out to request it all the same`,
      );
    },
    delay: 0,
  };
}
