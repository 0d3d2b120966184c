/** The public names of "brigade/http". */
export { createClient } from "./client/create-client.ts";
export {
  AttemptTimeout,
  BodyTooLargeError,
  BodyUnavailableError,
  ConnectError,
  ConnectionLostError,
  ConnectTimeout,
  DecompressionError,
  HeadersTooLargeError,
  HTTPError,
  HTTPStatusError,
  HTTPTimeoutError,
  InsecureRedirectError,
  InvalidJSONError,
  InvalidRequestError,
  isHTTPError,
  PoolTimeout,
  ProtocolError,
  ReadTimeout,
  RedirectError,
  TooManyRedirectsError,
  TotalTimeout,
  WriteTimeout,
} from "./errors.ts";
export { ListenError } from "./server/listen-error.ts";
export type { Handler, RequestEnvironment, ServeOptions, Server, ServerTlsOptions } from "./server/options.ts";
export { route, type RouteContext } from "./server/route.ts";
export { serve } from "./server/serve.ts";
export {
  type ServerSentEvent,
  type ServerSentEventsInit,
  serverSentEvents,
  streamResponse,
} from "./server/stream-response.ts";
export { type MockHandler, type MockTransport, mockTransport } from "./transport/mock.ts";
export { type FetchFunction, type FetchTransportOptions, fetchTransport } from "./transport/of-fetch.ts";
export type {
  ExchangeListener,
  ResponseHead,
  TlsOptions,
  Transport,
  TransportExchange,
  TransportRequest,
  TransportSettings,
} from "./transport/transport.ts";
export type * from "./types.ts";
