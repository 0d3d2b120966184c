/** Starts a server, says its folder, and stays until it is killed. */
import { startPostgres } from "../postgres.ts";
import { startRedis } from "../redis.ts";
import { startS3 } from "../s3.ts";

const starts = { PostgreSQL: startPostgres, Redis: startRedis, S3: startS3 };
const server = await starts[process.argv[2] as keyof typeof starts]();
console.log(server.folder);
setInterval(() => undefined, 60_000);
