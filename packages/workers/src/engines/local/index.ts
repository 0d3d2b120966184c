/** A folder as a queue: PostgreSQL inside of it, kept by a process of its own. */
import { type AsyncContextManager, contextManager, type Suspension } from "brigade";
import type { Broker, Engine, OpenOptions } from "../../engine/engine.ts";
import { openBroker } from "../pg-boss/open.ts";
import { KeptDatabase } from "./client.ts";
import { placeOf } from "./place.ts";

export function keptFolder(folder: string): Engine {
  return { name: "local", open: (options) => openFolder(folder, options) };
}

type Opening = (folder: string, options: OpenOptions) => AsyncContextManager<Broker>;

const openFolder: Opening = /* @__PURE__ */ contextManager(function* openFolder(
  folder: string,
  options: OpenOptions,
): Generator<Suspension | Broker, void, unknown> {
  const database = new KeptDatabase(placeOf(folder), options.trouble);
  const inner = openBroker(database, "pglite", options);
  const broker = yield* inner.enter();
  try {
    yield broker;
  } finally {
    yield* inner.exit({ kind: "value" });
  }
});
