/** Fetches one URL of the input, and makes of it what is written. Whatever goes wrong with a URL becomes its result. */
import { hash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { type CoroutineBody, fromPromise, getRunningLoop } from "brigade";
import { type Client, type ClientResponse, isHTTPError, type RequestOptions } from "brigade/http";
import { failureOf, statusFailure } from "./failure.ts";
import { type Item, targetOf } from "./input/target.ts";
import type { FetchOptions } from "./options.ts";
import type { Bodies } from "./output/bodies.ts";
import type { Entry } from "./output/output.ts";
import type { FetchFailure, FetchResult } from "./result.ts";
import type { BodyPlace } from "./result-line.ts";
import type { Archive } from "./warc/archive.ts";
import type { Robots } from "./web/robots.ts";

export interface FetcherParts {
  readonly client: Client;
  readonly options: FetchOptions;
  readonly bodies: Bodies | undefined;
  readonly archive: Archive | undefined;
  readonly robots: Robots | undefined;
  /** When the run began, on the loop's clock. */
  readonly began: number;
}

/** A line of the input, understood. */
export interface Job extends Item {
  readonly target: URL | FetchFailure;
  /** `host:port`; empty: there is none. */
  readonly host: string;
}

export function jobOf({ index, url }: Item): Job {
  const target = targetOf(url);
  return { index, url, target, host: target instanceof URL ? target.host : "" };
}

/** A string can't be longer than half a GiB, and each byte of a body may take six characters in JSON. */
const mostInLine = 80 * 1024 * 1024;
const noBody: BodyPlace = { kind: "none" };
const noTiming = { waiting: 0, connect: 0, response: 0, body: 0, total: 0 };

export class Fetcher {
  readonly #parts: FetcherParts;
  readonly #request: RequestOptions | undefined;

  constructor(parts: FetcherParts) {
    this.#parts = parts;
    const { data } = parts.options;
    this.#request = data === undefined ? undefined : { body: data };
  }

  *fetch(job: Job): CoroutineBody<Entry> {
    const { client, options, robots } = this.#parts;
    const { target } = job;
    const loop = getRunningLoop();
    const began = loop.time();
    if (!(target instanceof URL)) return failed(job, began - this.#parts.began, { error: target, timing: noTiming });
    let response: ClientResponse | undefined;
    let body: Uint8Array;
    try {
      if (robots) yield* robots.permit(target);
      response = yield* client.request(options.method, target, this.#request);
      body = yield* response.bytes();
    } catch (error) {
      const known = response ? knownOf(response) : unknownOf(error, loop.time() - began);
      return failed(job, began - this.#parts.began, { error: failureOf(error), ...known });
    }
    return yield* this.#entry(job, response, body, began - this.#parts.began);
  }

  *#entry(job: Job, response: ClientResponse, body: Uint8Array, began: number): CoroutineBody<Entry> {
    const { bodies, archive } = this.#parts;
    const { index, url, host } = job;
    const { status, timing } = response;
    const hex = body.length === 0 ? undefined : hash("sha256", body, "hex");
    const tooLong = bodies === undefined && body.length > mostInLine;
    const result: FetchResult = {
      index,
      url,
      host,
      finalUrl: finalUrlOf(response),
      status,
      error: tooLong ? lineTooLong(body.length) : statusFailure(status, response.statusText),
      attempts: attemptsOf(response),
      timing,
      began,
      bytes: body.length,
      contentType: response.header("content-type"),
      digest: hex && `sha256:${hex}`,
    };
    let place = noBody;
    if (bodies === undefined) place = tooLong ? noBody : placeInLine(body);
    else if (hex !== undefined) place = { kind: "file", file: yield* bodies.keep(hex, body) };
    const warc = archive && (yield* fromPromise(archive.records(response, body, result.digest)));
    return { result, body: place, warc };
  }
}

/** What failed, with as much of the response as there was. */
function failed(
  { index, url, host }: Job,
  began: number,
  known: Pick<FetchResult, "error" | "timing"> & Partial<FetchResult>,
): Entry {
  const nothing = {
    finalUrl: undefined,
    status: undefined,
    attempts: 0,
    bytes: 0,
    contentType: undefined,
    digest: undefined,
  };
  return { result: { index, url, host, began, ...nothing, ...known }, body: noBody, warc: undefined };
}

/** Of a response whose body did not come whole. */
function knownOf(
  response: ClientResponse,
): Pick<FetchResult, "finalUrl" | "status" | "attempts" | "timing" | "contentType"> {
  const { status, timing } = response;
  const attempts = attemptsOf(response);
  return { finalUrl: finalUrlOf(response), status, attempts, timing, contentType: response.header("content-type") };
}

/** Of a request without a response. */
function unknownOf(error: unknown, total: number): Pick<FetchResult, "attempts" | "timing"> {
  const http = isHTTPError(error) ? error : undefined;
  return { attempts: http?.attempts ?? 0, timing: http?.timing ?? { ...noTiming, total } };
}

function finalUrlOf({ redirects, url }: ClientResponse): string | undefined {
  return redirects.length > 0 ? url : undefined;
}

/** A redirect is not another try. */
function attemptsOf({ attempts, redirects }: ClientResponse): number {
  return attempts - redirects.length;
}

/** Text as it is, so that it can be read; anything else so that nothing of it is lost. */
function placeInLine(body: Uint8Array): BodyPlace {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  return isUtf8(bytes)
    ? { kind: "text", text: bytes.toString("utf8") }
    : { kind: "base64", text: bytes.toString("base64") };
}

function lineTooLong(bytes: number): FetchFailure {
  const message = `the body has ${bytes} bytes, too many for a line: give --output-dir, so that it becomes a file`;
  return { class: "BodyTooLargeError", message, code: undefined };
}
