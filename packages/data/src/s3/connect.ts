/** An S3 client for the time of a body. */
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import {
  type AsyncContextManager,
  type Awaitable,
  coroutine,
  type CoroutineBody,
  type Ending,
  InvalidStateError,
  milliseconds,
} from "brigade";
import { bucketOf, checkedCount, checkedPartSize, type Context, MOST_PARTS } from "./context.ts";
import type { Place } from "./failure.ts";
import type { S3Options } from "./options.ts";
import { Requests } from "./requests.ts";
import { loadSdk } from "./sdk.ts";
import { S3 } from "./store.ts";

/**
 * An S3 client: `use(s3(config, options), function* (store) {…})`. `config` is that of the SDK's `S3Client` (`region`, `endpoint`,
 * `credentials`, `forcePathStyle`, …); what it leaves out comes from the environment, as the SDK does it. Connections are opened when
 * they are needed. When the body has ended, calls that are under way are waited for; when it has failed or was cancelled, they are
 * ended. Then every socket is closed.
 *
 * Needs the package @aws-sdk/client-s3; throws `MissingDriverError` without it. (aioboto3: `session.client("s3")`.)
 *
 * @example
 * ```ts no-run
 * import { s3 } from "@brigade/data/s3";
 * import { run, use } from "brigade";
 *
 * await run(
 *   use(s3({ region: "eu-central-1" }, { bucket: "photos" }), function* (store) {
 *     yield* store.put("hello.txt", "Hello");
 *     console.log((yield* store.get("hello.txt")).text());
 *   }),
 * );
 * ```
 */
export function s3(config: S3ClientConfig = {}, options: S3Options = {}): AsyncContextManager<S3> {
  return new ClientManager(config, options);
}

class ClientManager implements AsyncContextManager<S3> {
  readonly #config: S3ClientConfig;
  readonly #settings: Pick<Context, "bucket" | "partSize" | "partsInFlight">;
  readonly #grace: number;
  #requests: Requests | undefined;

  constructor(config: S3ClientConfig, { bucket, grace = "5s", partSize, partsInFlight = 4 }: S3Options) {
    this.#config = config;
    this.#grace = milliseconds(grace, "grace");
    this.#settings = {
      bucket,
      partSize: checkedPartSize(partSize),
      partsInFlight: checkedCount(partsInFlight, "partsInFlight", MOST_PARTS),
    };
    if (bucket !== undefined) bucketOf(this.#settings as Context, bucket);
  }

  enter(): Awaitable<S3> {
    return ClientManager.#enter(this);
  }

  static readonly #enter = coroutine(function* enter(manager: ClientManager): CoroutineBody<S3> {
    if (manager.#requests !== undefined) throw new InvalidStateError("this s3() is in use already: make another");
    const sdk = yield* loadSdk();
    const client = new sdk.S3Client(manager.#config);
    manager.#requests = new Requests(client, placeOf(manager.#config), manager.#grace);
    return new S3({ ...manager.#settings, requests: manager.#requests, sdk });
  });

  exit(ending: Ending): Awaitable<void> {
    return (this.#requests as Requests).close(ending.kind === "value" ? "wait" : "end");
  }
}

/** Where the calls go, as far as the configuration says, and what of it must not be told. */
function placeOf({ endpoint, region, credentials }: S3ClientConfig): Place {
  const given = typeof endpoint === "string" ? endpoint : (endpoint as { readonly url?: URL } | undefined)?.url?.href;
  const where = typeof region === "string" ? `S3 in ${region}` : "S3";
  const { secretAccessKey = "", sessionToken = "" } =
    typeof credentials === "object" ? (credentials as { secretAccessKey?: string; sessionToken?: string }) : {};
  const address = given === undefined ? where : given.replace(/\/\/[^/@]*@/, "//").replace(/\/$/, "");
  return { address, secrets: [secretAccessKey, sessionToken].filter((secret) => secret !== "") };
}
