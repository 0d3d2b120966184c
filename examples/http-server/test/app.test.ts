/** The routes, without a server. */
import { expect, test } from "vitest";
import { app } from "../src/app.ts";

test("an order has what the three services say", async () => {
  const response = await app.request("/orders/A-17");
  expect(await response.json()).toEqual({ id: "A-17", price: 100, shipping: "post", stock: 5 });
});

test("what is no order is not found", async () => {
  expect((await app.request("/orders/x")).status).toBe(404);
});

test("the table is whole", async () => {
  const response = await app.request("/orders.csv");
  const lines = (await response.text()).trimEnd().split("\n");
  expect([response.headers.get("content-type"), lines.length, lines.at(-1)]).toEqual([
    "text/csv; charset=utf-8",
    101,
    "A-100,2500",
  ]);
});

test("a client that connects again gets the stock after what it saw last", async () => {
  const response = await app.request("/stock", { headers: { "last-event-id": "42" } });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  expect(new TextDecoder().decode(value)).toBe('event: stock\nid: 41\ndata: {"sku":"desk","stock":41}\n\n');
});
