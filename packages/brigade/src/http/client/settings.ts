/** What a client was made with, checked and made ready. */
import type { Auth, ClientOptions, RequestOptions, RetryPolicy } from "../types.ts";
import { limitSettings } from "../limits/settings.ts";
import { checkOptions, DEFAULT_TIMEOUTS, flatHeaders, mergeHeaders, timeoutsOf } from "./request.ts";

export interface Settings {
  readonly options: ClientOptions;
  readonly base: URL | undefined;
  /** Sent with every request that does not say otherwise. */
  readonly headers: readonly string[];
  readonly timeouts: typeof DEFAULT_TIMEOUTS;
  readonly auth: Auth | undefined;
  /** The most requests at once to one host; may be Infinity. */
  readonly connectionsPerHost: number;
  /** The policy that holds for a request, where it is one. */
  retryOf(options: RequestOptions): RetryPolicy | undefined;
}

export function settingsOf(options: ClientOptions): Settings {
  checkOptions(options);
  const { baseUrl } = options;
  const base = baseUrl === undefined ? undefined : URL.parse(String(baseUrl));
  if (base === null || (base !== undefined && !/^https?:$/.test(base.protocol))) {
    throw new TypeError(`createClient: baseUrl "${String(baseUrl)}" is not a URL that begins with http:// or https://`);
  }
  const defaults: string[] = ["accept", "*/*", "user-agent", "brigade"];
  const { connections, perHost } = limitSettings(options.limits);
  return {
    options,
    base,
    headers: mergeHeaders(defaults, flatHeaders(options.headers)),
    timeouts: timeoutsOf(options.timeouts, DEFAULT_TIMEOUTS),
    auth: options.auth,
    connectionsPerHost: Math.min(connections, perHost),
    retryOf: (own) => {
      const retry = own.retry ?? options.retry;
      return typeof retry === "object" ? retry : undefined;
    },
  };
}

/** The settings, with the content encodings that the transport undoes offered. */
export function offering(settings: Settings, encodings: string | undefined): Settings {
  const { headers } = settings;
  if (!encodings || headers.includes("accept-encoding")) return settings;
  return { ...settings, headers: [...headers, "accept-encoding", encodings] };
}
