/** The servers that every runtime asks, one after the other. */
import { type PostgresServer, startPostgres } from "../../../../packages/data/test/servers/postgres.ts";
import { type RedisServer, startRedis } from "../../../../packages/data/test/servers/redis.ts";
import { type S3Server, startS3 } from "../../../../packages/data/test/servers/s3.ts";

export interface DataServers {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly s3: S3Server;
  stop(): Promise<void>;
}

export async function startServers(): Promise<DataServers> {
  const [postgres, redis, s3] = await Promise.all([startPostgres(), startRedis(), startS3()]);
  return {
    postgres,
    redis,
    s3,
    stop: async () => void (await Promise.all([postgres.stop(), redis.stop(), s3.stop()])),
  };
}
