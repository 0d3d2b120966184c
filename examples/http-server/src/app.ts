/** The routes of the desk. */
import { gather } from "brigade";
import { route, serverSentEvents, streamResponse } from "brigade/http";
import { Hono } from "hono";
import { changes, inventory, pricing, rows, shipping } from "./services.ts";

export const app: Hono = new Hono();

app.get(
  "/orders/:id{[A-Z]-[0-9]+}",
  route(function* (c) {
    const id = c.req.param("id");
    const slow = c.req.query("slow") !== undefined;
    const answers = yield* gather({
      price: pricing(id, slow),
      shipping: shipping(id, slow),
      stock: inventory(id, slow),
    });
    return c.json({ id, ...answers });
  }),
);

app.get(
  "/orders.csv",
  route(function* () {
    return streamResponse(rows(100), { headers: { "content-type": "text/csv; charset=utf-8" } });
  }),
);

app.get(
  "/stock",
  route(function* (c) {
    // A client that connects again says what it saw last.
    const last = Number(c.req.header("last-event-id") ?? 101);
    return serverSentEvents(changes(last - 1));
  }),
);
