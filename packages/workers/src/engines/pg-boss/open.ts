/** Opens a queue of pg-boss on a database: makes what is missing there, listens, and gives everything back. */
import { type AsyncContextManager, contextManager, fromPromise, getRunningLoop } from "brigade";
import type { PgBoss } from "pg-boss";
import { type Broker, type OpenOptions } from "../../engine/engine.ts";
import { EngineError } from "../../errors.ts";
import { BossBroker } from "./broker.ts";
import { SUPERVISE_SECONDS } from "./consuming.ts";
import type { Database } from "./database.ts";
import { LEASES } from "./leases.ts";
import { Link, settled } from "./link.ts";
import { NOTES, SCHEMA } from "./records.ts";

/** Who makes tables at the same time waits in line: PostgreSQL lets two of IF NOT EXISTS collide. */
const MAKE = `BEGIN; SELECT pg_advisory_xact_lock(hashtext('brigade notes')); ${NOTES} ${LEASES} COMMIT;`;

export type Backend = "postgres" | "pglite";

type Opening = (database: Database, backend: Backend, options: OpenOptions) => AsyncContextManager<Broker>;

/** Closes the database at the end. */
export const openBroker: Opening = /* @__PURE__ */ contextManager(function* openBroker(
  database: Database,
  backend: Backend,
  options: OpenOptions,
) {
  const loop = getRunningLoop();
  let broker: BossBroker | undefined;
  const onLoop = (work: (open: BossBroker) => void): void => {
    loop.callSoon(() => {
      if (broker) work(broker);
    });
  };
  const heard: Database["listen"] = (channel, hear, again) =>
    database.listen(
      channel,
      (payload) => {
        hear(payload);
        onLoop((open) => open.wake());
      },
      () => {
        again();
        onLoop((open) => open.lookAround());
      },
    );
  const adapter = { executeSql: database.executeSql.bind(database), listen: heard };
  let boss: PgBoss | undefined;
  let listening: { close(): Promise<void> } | undefined;
  let opening: Promise<Link> | undefined;
  try {
    opening = (async () => {
      const { PgBoss } = await import("pg-boss");
      boss = new PgBoss({ db: adapter, ...settings(backend) });
      boss.on("error", (error) => options.trouble("pg-boss", error));
      await boss.start();
      await database.executeSql(MAKE);
      await boss.createQueue(options.queue, { notify: true });
      const made = new Link(boss, database, options.queue, options.trouble);
      const hear = (payload: string): void => onLoop((open) => open.hear(payload));
      listening = await database.listen(made.channel, hear, () => onLoop((open) => open.lookAround()));
      return made;
    })();
    const link = yield* settled(opening, "opening");
    const keepSeconds = Math.max(1, Math.ceil(options.keep / 1_000));
    broker = new BossBroker(link, keepSeconds);
    yield broker;
  } catch (error) {
    throw broker || error instanceof EngineError ? error : database.failure(error);
  } finally {
    if (broker === undefined) {
      // What is still being opened must end first, so that it leaves nothing: with the database closed, it fails.
      yield* fromPromise(database.close());
      yield* fromPromise(Promise.allSettled([opening]));
    }
    yield* fromPromise(close(broker, boss, listening, database));
  }
});

function settings(backend: Backend): ConstructorParameters<typeof PgBoss>[0] & object {
  return {
    schema: SCHEMA,
    backend,
    useListenNotify: true,
    supervise: false, // by those who consume
    schedule: false,
    reindex: false,
    monitorVacuum: false,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    maintenanceIntervalSeconds: SUPERVISE_SECONDS,
  };
}

/** A server that does not answer must not hold anybody up: the database's own end is quick. */
async function close(
  broker: BossBroker | undefined,
  boss: PgBoss | undefined,
  listening: { close(): Promise<void> } | undefined,
  database: Database,
): Promise<void> {
  const gently = (async () => {
    await broker?.close();
    await listening?.close();
    await boss?.stop({ graceful: false, close: false });
  })().catch(() => {});
  let late: NodeJS.Timeout | undefined;
  await Promise.race([
    gently,
    new Promise((resolve) => {
      late = setTimeout(resolve, LONGEST_GOODBYE);
    }),
  ]);
  clearTimeout(late);
  await database.close();
  await gently; // with the database gone, whatever it waits for fails
}

const LONGEST_GOODBYE = 1_000; // ms
