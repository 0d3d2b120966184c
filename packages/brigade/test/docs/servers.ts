/** Servers for the examples that need one: each is started for the first of them, and takes the place of the address that pages name. */
import { startPostgres } from "../../../data/test/servers/postgres.ts";
import { startRedis } from "../../../data/test/servers/redis.ts";
import { startS3 } from "../../../data/test/servers/s3.ts";

interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

const kinds: Readonly<Record<string, { readonly address: string; readonly start: () => Promise<Started> }>> = {
  postgres: { address: "postgres://app:secret@127.0.0.1:5432/shop", start: () => startPostgres() },
  redis: { address: "redis://127.0.0.1:6379", start: () => startRedis() },
  s3: { address: "http://127.0.0.1:9000", start: () => startS3({ buckets: ["photos"] }) },
};

/** What the AWS SDK looks for where a program gives no credentials. */
export const credentials: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: "S3RVER",
  AWS_SECRET_ACCESS_KEY: "S3RVER",
};

const started = new Map<string, Promise<Started>>();

/** The code with the address of a server that is there. */
export async function withServer(server: string | undefined, code: string): Promise<string> {
  const kind = kinds[server ?? ""];
  if (server === undefined || kind === undefined) return code;
  if (!code.includes(kind.address)) throw new Error(`an example that needs ${server} names ${kind.address}`);
  const running = started.get(server) ?? kind.start();
  started.set(server, running);
  return code.replaceAll(kind.address, (await running).url);
}

export async function stopServers(): Promise<void> {
  await Promise.all([...started.values()].map(async (server) => (await server).stop()));
}
