/** Requests and answers: the page for everybody on this machine, data for whoever has the token. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type CallRequest, MOST_REQUEST_BYTES } from "brigade/trace";
import { AttachError } from "../attach/attached.ts";
import type { Guard } from "./guard.ts";
import { Refusal, type Subject } from "./subject.ts";

interface Server {
  readonly subject: Subject;
  readonly guard: Guard;
  readonly page: string;
}

const always = {
  "cache-control": "no-store",
  "content-security-policy": "frame-ancestors 'none'", // beside what the page says itself
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

export function answering(server: Server): RequestListener {
  return (request, response) => {
    void answer(server, request, response);
  };
}

async function answer(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    server.guard.checkPlace(request);
    await route(server, request, response, gone.signal);
  } catch (error) {
    refuse(response, error);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy(); // too late to say it otherwise
    return;
  }
  const status = error instanceof Refusal ? error.status : error instanceof AttachError ? 502 : 500;
  const message = error instanceof Error ? error.message : String(error);
  const close = status === 413 ? { connection: "close" } : {}; // what else the request has is not read
  response.writeHead(status, { ...always, ...close, "content-type": "text/plain; charset=utf-8" }).end(message);
}

async function route(
  { subject, guard, page }: Server,
  request: IncomingMessage,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const program = searchParams.get("program") ?? undefined;
  const isApi = pathname.startsWith("/api/");
  if (isApi) guard.checkToken(request);
  switch (`${request.method} ${pathname}`) {
    case "GET /":
    case "HEAD /":
      response.writeHead(200, { ...always, "content-type": "text/html; charset=utf-8" }).end(page);
      return;
    case "GET /api/about":
      return sendJson(response, await subject.about());
    case "GET /api/advice":
      return sendJson(response, await subject.advice(program, gone));
    case "GET /api/trace": {
      const { length, parts } = await subject.trace(program);
      const size = length === undefined ? {} : { "content-length": length };
      response.writeHead(200, { ...always, ...size, "content-type": "application/octet-stream" });
      return pipeline(parts, response);
    }
    case "POST /api/call":
      return sendLines(response, subject.call(program, await callOf(request)));
    default:
      throw new Refusal(404, `there is no ${request.method} ${pathname}`);
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { ...always, "content-type": "application/json" }).end(JSON.stringify(value));
}

/** The head goes out with the first line, so that what fails before it can still say so. */
async function sendLines(response: ServerResponse, lines: AsyncIterable<string>): Promise<void> {
  const text = async function* (): AsyncGenerator<string, void> {
    for await (const line of lines) {
      if (!response.headersSent) response.writeHead(200, { ...always, "content-type": "application/x-ndjson" });
      yield `${line}\n`;
    }
  };
  const first = Readable.from(text());
  await new Promise<void>((resolve, reject) => {
    first.once("readable", resolve);
    first.once("error", reject);
  });
  await pipeline(first, response);
}

async function callOf(request: IncomingMessage): Promise<CallRequest> {
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) {
    throw new Refusal(415, "a call is one JSON object: send it as application/json");
  }
  const tooLarge = new Refusal(413, `a call has at most ${MOST_REQUEST_BYTES} bytes`);
  if (Number(request.headers["content-length"]) > MOST_REQUEST_BYTES) throw tooLarge;
  const parts: Buffer[] = [];
  let size = 0;
  // A request that is left in the middle must not take its answer with it.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_REQUEST_BYTES) throw tooLarge;
    parts.push(part);
  }
  return checked(Buffer.concat(parts).toString());
}

function checked(text: string): CallRequest {
  try {
    const call = JSON.parse(text) as Partial<CallRequest> | null;
    if (typeof call === "object" && call !== null && typeof call.call === "string")
      return { ...call, id: 0 } as CallRequest;
  } catch {
    // said below
  }
  throw new Refusal(400, 'a call is one JSON object, such as {"id":0,"call":"stats"}');
}
