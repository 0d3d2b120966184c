/** The inventory API: 3 % of the requests answer 429 (too many requests) and 2 % answer 503 (unavailable). */
import type { Inventory } from "../apis.ts";
import { between, chance } from "./chance.ts";
import { serve } from "./serve.ts";

const warehouses = ["Lisbon", "Rotterdam", "Gdansk"] as const;

serve({
  name: "inventory",
  latency: [40, 80],
  fault(order, attempt) {
    const luck = chance("inventory", "fault", order, attempt);
    if (luck < 0.03) return { status: 429 };
    return luck < 0.05 ? { status: 503 } : undefined;
  },
  answer(query) {
    const sku = query.get("sku") ?? "";
    const warehouse = warehouses[between(0, warehouses.length - 1, "warehouse", sku)] ?? warehouses[0];
    return { available: between(0, 80, "available", sku), warehouse } satisfies Inventory;
  },
});
