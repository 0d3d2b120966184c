/** What the calls of one client share. */
import type { Loop } from "../../kernel/loop.ts";
import { runningTaskLoop } from "../../task/event-loop.ts";
import { RequestLimits } from "../limits/limits.ts";
import { Retries } from "../limits/retries.ts";
import { Live } from "../../kernel/live.ts";
import type { Transport } from "../transport/transport.ts";
import type { TimeoutScope } from "../../types.ts";
import { BodyUnavailableError } from "../errors.ts";
import type { CookieStore, RequestInfo } from "../types.ts";
import type { Exchange } from "./exchange.ts";
import type { Settings } from "./settings.ts";

export class Session {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly cookies: CookieStore | undefined;
  readonly limits: RequestLimits;
  readonly retries: Retries;
  /** Exchanges that are not over. */
  readonly live: Live<Exchange> = new Live();
  readonly loop: Loop = runningTaskLoop();
  /** Whether every attempt has more to do than to be sent. */
  readonly prepares: boolean;
  /** Whether every response has more to do than to be given. */
  readonly completes: boolean;
  /** What calls wait in that have no exchange: expires when the client is closed. */
  readonly waits: Set<TimeoutScope> = new Set();
  /** Calls that wait for the limits. */
  inLine = 0;
  closed = false;

  constructor(settings: Settings, transport: Transport, cookies: CookieStore | undefined) {
    this.settings = settings;
    this.transport = transport;
    this.cookies = cookies;
    this.limits = new RequestLimits(settings.options.limits);
    this.retries = new Retries(settings.options.retry);
    this.completes = cookies !== undefined || settings.options.hooks?.response !== undefined;
    this.prepares = cookies !== undefined || settings.options.hooks?.request !== undefined;
  }

  closedError(request: RequestInfo): BodyUnavailableError {
    return new BodyUnavailableError("the client was closed", request);
  }

  /** Ends every exchange, and every wait for one. */
  end(): void {
    this.closed = true;
    for (const exchange of this.live.all()) exchange.abort(this.closedError(exchange.request));
    for (const scope of [...this.waits]) if (!scope.expired) scope.reschedule(0);
  }
}
