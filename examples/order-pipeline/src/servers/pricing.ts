/** The pricing API: 3 % of the requests answer 500, and for 1.5 % of the orders every one does. */
import type { Price } from "../apis.ts";
import { between, chance } from "./chance.ts";
import { serve } from "./serve.ts";

serve({
  name: "pricing",
  latency: [70, 110],
  fault(order, attempt) {
    const broken = chance("pricing", "broken", order) < 0.015;
    return broken || chance("pricing", "fault", order, attempt) < 0.03 ? { status: 500 } : undefined;
  },
  answer: (query) =>
    ({ unitPrice: between(400, 24_000, "unit price", query.get("sku") ?? "") / 100, currency: "EUR" }) satisfies Price,
});
