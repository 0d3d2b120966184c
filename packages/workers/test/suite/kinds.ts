/** The engines that the suite runs for, each with a server or a folder of its own. */
import { bullmq, type Engine, local, pgBoss } from "@brigade/workers";
import { startPostgres } from "../../../data/test/servers/postgres.ts";
import { startRedis } from "../../../data/test/servers/redis.ts";
import { JobFolder } from "../engines/keepers.ts";

const LONG = process.env["BRIGADE_LONG"] === "1";

/** An engine, and where it keeps its jobs. */
export interface Place {
  readonly engine: Engine;
  /** For `programs/serve.ts`. */
  readonly text: string;
  stop(): Promise<void>;
}

export interface Kind {
  readonly name: "bullmq" | "pg-boss" | "local";
  /** In ms: the shortest that the engine can do. */
  readonly lease: number;
  /** Jobs in the tests of many. */
  readonly many: number;
  start(): Promise<Place>;
}

export const onBullmq: Kind = {
  name: "bullmq",
  lease: 1_500,
  many: LONG ? 10_000 : 2_000,
  async start() {
    const server = await startRedis();
    return { engine: bullmq(server.url), text: server.url, stop: () => server.stop() };
  },
};

export const onPgBoss: Kind = {
  name: "pg-boss",
  lease: 1_500,
  many: LONG ? 10_000 : 500,
  async start() {
    const server = await startPostgres();
    return { engine: pgBoss(server.url), text: server.url, stop: () => server.stop() };
  },
};

export const onLocal: Kind = {
  name: "local",
  lease: 1_500,
  many: LONG ? 2_000 : 300,
  async start() {
    const folder = await JobFolder.made(); // PGlite makes its database in seconds, which no test should pay for
    return {
      engine: local(folder.path),
      text: `local:${folder.path}`,
      stop: () => folder[Symbol.asyncDispose](),
    };
  },
};
