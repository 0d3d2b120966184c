/** The same orders arrive everywhere. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { startPostgres } from "../../../packages/data/test/servers/postgres.ts";
import { startRedis } from "../../../packages/data/test/servers/redis.ts";
import { startS3 } from "../../../packages/data/test/servers/s3.ts";

const entry = fileURLToPath(new URL("../src/main.ts", import.meta.url));

async function printed(environment: Readonly<Record<string, string>>): Promise<string> {
  const args = ["--conditions=@brigade/source", entry];
  const env = { ...process.env, ...environment };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, timeout: 60_000 });
  expect(stderr).toBe("");
  return stdout;
}

const alone = "SQLite: 5000 orders, 2497500 cents\n";

test("without a server the orders are in SQLite", async () => {
  expect(await printed({ DATABASE_URL: "", REDIS_URL: "", S3_ENDPOINT: "" })).toBe(alone);
}, 90_000);

test("every server that is named gets every order", async () => {
  const [postgres, redis, s3] = await Promise.all([startPostgres(), startRedis(), startS3({ buckets: ["orders"] })]);
  onTestFinished(async () => void (await Promise.all([postgres.stop(), redis.stop(), s3.stop()])));
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    S3_ENDPOINT: s3.url,
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
  };
  expect(await printed(environment)).toBe(
    `${alone}PostgreSQL: 5000 orders, 2497500 cents\nRedis: bread 1250, milk 1250, salt 1250, tea 1250\nS3: 68343 bytes\n`,
  );
}, 120_000);
