/** Decides whether a failed attempt is made again, and when; over a whole client no more often than its budget allows. */
import type { RetryPolicy } from "../types.ts";
import { httpDate } from "./http-date.ts";
import { DEFAULT_RETRIES, retrySettings, type RetrySettings } from "./retry-policy.ts";

/** How an attempt failed. */
export interface FailedAttempt {
  readonly method: string;
  /** The request carries an idempotency key: doing it twice is as doing it once. */
  readonly keyed: boolean;
  /** Of the response; undefined when there was none. */
  readonly status: number | undefined;
  /** The response's header of that name. */
  readonly retryAfter: string | undefined;
  /** Without a status: the error is one that may go away. */
  readonly retryable: boolean;
  /** Without a status: the server has seen nothing of the request, so that any method may be sent again. */
  readonly unsent?: boolean;
  /** Retries made before. */
  readonly retried: number;
  /** Wall clock, in milliseconds since 1970. */
  readonly now: number;
}

export type RetryDecision =
  | { readonly delay: number } // milliseconds
  | { readonly refused: string }; // why not, for the error's message

type Policy = number | RetryPolicy | false;

/** The part of the wait that `Retry-After` asks for by which it may become longer, at random. */
const SPREAD = 0.1;
const ROUNDING = 1e-9; // five times a fifth of a retry are a retry

export class Retries {
  readonly #given: Policy | undefined;
  readonly #own: RetrySettings;
  readonly #random: () => number;
  readonly #ofRequests = new WeakMap<RetryPolicy, RetrySettings>();
  #saved: number; // retries that the budget allows now; Infinity without a budget

  /** Throws `RangeError` for a policy that can't be, `TypeError` for what is none. */
  constructor(policy: Policy | undefined, random: () => number = Math.random) {
    this.#given = policy;
    this.#own = retrySettings(policy ?? false, DEFAULT_RETRIES);
    this.#random = random;
    this.#saved = this.#own.budget?.reserve ?? Infinity;
  }

  /** A request makes its first attempt: counted into the budget. Throws for a policy of the request that can't be. */
  began(policy?: Policy): void {
    if (policy !== undefined) this.#settings(policy);
    const { budget } = this.#own;
    if (budget !== undefined) this.#saved = Math.min(budget.reserve, this.#saved + budget.ratio);
  }

  /** Whether to try again, taking one retry from the budget; by the request's own policy, where it has one. */
  decide(failure: FailedAttempt, policy?: Policy): RetryDecision {
    const settings = this.#settings(policy);
    const refused = refusal(failure, settings);
    if (refused !== undefined) return { refused };
    const asked = failure.retryAfter === undefined ? undefined : retryAfter(failure.retryAfter, failure.now);
    if (asked !== undefined && asked > settings.retryAfterMax) {
      const most = `retryAfterMax (${seconds(settings.retryAfterMax)})`;
      return { refused: `the server asks to wait ${seconds(asked)} (Retry-After), longer than ${most}` };
    }
    if (settings.budget !== undefined) {
      if (this.#saved < 1 - ROUNDING) return { refused: "the client's retry budget is used up" };
      this.#saved--;
    }
    return { delay: this.#delay(settings, failure.retried, asked) };
  }

  /**
   * Full jitter: any time up to the backoff. What the server asks for is never cut short; the jitter comes on top of it, or
   * everybody who was told the same second would come back in the same second.
   */
  #delay({ base, cap }: RetrySettings, retried: number, asked: number | undefined): number {
    const backoff = Math.min(cap, base * 2 ** Math.min(retried, 100));
    if (asked === undefined) return this.#random() * backoff;
    return asked + this.#random() * Math.max(backoff, asked * SPREAD);
  }

  #settings(policy: Policy | undefined): RetrySettings {
    if (policy === undefined || policy === this.#given) return this.#own;
    if (typeof policy !== "object" || policy === null) return retrySettings(policy, this.#own);
    let settings = this.#ofRequests.get(policy);
    if (settings === undefined) {
      if (typeof policy.budget === "object") {
        throw new TypeError(
          "retry.budget: it belongs to the whole client: give it to createClient; a request can say false",
        );
      }
      // A client that does not retry says nothing of how often a request that does should.
      const retries = this.#own.retries === 0 ? DEFAULT_RETRIES.retries : this.#own.retries;
      settings = retrySettings(policy, { ...this.#own, retries });
      this.#ofRequests.set(policy, settings);
    }
    return settings;
  }
}

/** Why it is not tried again, whatever the time and the budget. */
function refusal(failure: FailedAttempt, { retries, statuses, methods }: RetrySettings): string | undefined {
  const { method, keyed, status, retryable, unsent = false, retried } = failure;
  if (retries === 0) return "retries are off";
  if (status === undefined ? !retryable : !statuses.has(status)) {
    return status === undefined ? "trying again would not help" : `status ${status} is not retried`;
  }
  if (retried >= retries) return retries === 1 ? "the one retry was made" : `all ${retries} retries were made`;
  if (keyed || methods.has(method.toUpperCase()) || (status === undefined && unsent)) return undefined;
  return `${method} is not retried without an idempotency key`;
}

function seconds(ms: number): string {
  return `${Math.round(ms) / 1_000} s`;
}

/**
 * The milliseconds that a `Retry-After` asks for (RFC 9110 10.2.3): seconds, or a date in one of its three forms, of which
 * one that has passed gives 0. Undefined if it is neither. `now` is the wall clock.
 */
export function retryAfter(value: string, now: number): number | undefined {
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = httpDate(text, now);
  return date === undefined ? undefined : Math.max(0, date - now);
}
