/** A call ends with an answer whatever the API does, and its connections end with the body that used them. */
import { once } from "node:events";
import { type RequestListener, createServer } from "node:http";
import { coroutine, gather, run, use } from "brigade";
import { afterEach, expect, test } from "vitest";
import { type Answers, type Apis, openApis } from "../src/apis.ts";
import type { Order } from "../src/orders.ts";

const order: Order = { id: "A", customer: "Ana", sku: "MUG", quantity: 1, country: "PT" };
const price = JSON.stringify({ unitPrice: 12.5, currency: "EUR" });

const server = createServer();
afterEach(async () => {
  server.removeAllListeners("request");
  server.close();
  await once(server, "close");
});

async function listen(listener: RequestListener): Promise<URL> {
  server.on("request", listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`);
}

/** One pricing call against the listener. Real sockets take real time; the longest test here takes a second. */
async function priceFrom(listener: RequestListener): Promise<Answers["pricing"]> {
  const url = await listen(listener);
  return run(use(openApis({ pricing: url, shipping: url, inventory: url }), (apis: Apis) => apis.pricing(order)));
}

test("an answer at the first attempt has no problem", async () => {
  const answer = await priceFrom((_request, response) => response.end(price));
  expect(answer).toMatchObject({ value: { unitPrice: 12.5 }, attempts: [{}] });
  expect(answer.problem).toBeUndefined();
});

test("a 500 is asked again, with the number of the attempt, after a pause", async () => {
  const seen: unknown[] = [];
  const answer = await priceFrom((request, response) => {
    seen.push(request.headers["x-attempt"]);
    response.writeHead(seen.length === 1 ? 500 : 200).end(price);
  });
  expect(seen).toEqual(["1", "2"]);
  const [first, second] = answer.attempts;
  expect(first?.failure).toBe("HTTP 500");
  expect((second?.start ?? 0) - (first?.end ?? 0)).toBeGreaterThan(20);
  expect(answer.value.unitPrice).toBe(12.5);
});

const inVain: [claim: string, reason: string, listener: RequestListener][] = [
  ["an API that answers 503", "HTTP 503", (_request, response) => response.writeHead(503).end("{}")],
  ["an API that is silent", "no answer in 300 ms", () => {}],
  ["an API that stops in the middle of its answer", "no answer in 300 ms", (_request, response) => response.write("{")],
  ["an API that hangs up", "connection failed (UND_ERR_SOCKET)", (_request, response) => response.destroy()],
  [
    "an answer to another question",
    "an answer without unitPrice, currency",
    (_request, response) => response.end("{}"),
  ],
  ["an answer that is not JSON", "an answer that is not JSON", (_request, response) => response.end("<html>")],
];
test.each(inVain)(
  "%s gives the default price and the reason after three attempts",
  async (_claim, reason, listener) => {
    const answer = await priceFrom(listener);
    expect(answer.value).toEqual({ unitPrice: 10, currency: "EUR" });
    expect(answer.problem).toBe(reason);
    expect(answer.attempts.map(({ failure }) => failure)).toEqual([reason, reason, reason]);
  },
);

test("no connection is open when the body has ended, idle ones included", async () => {
  const url = await listen((_request, response) => response.end(price));
  let open = 0;
  server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => (open -= 1));
  });
  const body = coroutine(function* (apis: Apis) {
    const answers = yield* gather([apis.pricing(order), apis.pricing(order), apis.pricing(order)]);
    expect(open).toBe(3);
    return answers.length;
  });
  expect(await run(use(openApis({ pricing: url, shipping: url, inventory: url }), body))).toBe(3);
  // The server hears of it a moment later. Left to themselves, idle connections would stay for seconds.
  await expect.poll(() => open, { interval: 5, timeout: 1_000 }).toBe(0);
});
