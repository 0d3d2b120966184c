/** The shipping API: 3 % of the requests take 2 s, longer than anyone waits, and for 1 % of the orders every one does. */
import type { Shipping } from "../apis.ts";
import { between, chance } from "./chance.ts";
import { serve } from "./serve.ts";

const carriers = ["DHL", "GLS", "UPS"] as const;

serve({
  name: "shipping",
  latency: [80, 120],
  fault(order, attempt) {
    const stuck = chance("shipping", "stuck", order) < 0.01;
    return stuck || chance("shipping", "fault", order, attempt) < 0.03 ? { delay: 2_000 } : undefined;
  },
  answer(query) {
    const country = query.get("country") ?? "";
    const carrier = carriers[between(0, carriers.length - 1, "carrier", country)] ?? carriers[0];
    const cost = between(390, 1_990, "cost", country) / 100;
    return { carrier, cost, days: between(1, 6, "days", country) } satisfies Shipping;
  },
});
