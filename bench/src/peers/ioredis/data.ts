/** Bare ioredis with its defaults: 50 loops that ask. */
import { Redis } from "ioredis";
import { CONCURRENCY, Queries } from "../../data/items.ts";
import type { Programs } from "../../program.ts";

async function gets(redis: Redis, count: number): Promise<number> {
  const queries = new Queries(count);
  const loop = async (): Promise<void> => {
    for (let id = queries.next(); id !== undefined; id = queries.next()) {
      queries.answer(id, await redis.get(`item:${id}`));
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
  return queries.took(begun);
}

function redisGets(settings: { readonly enableAutoPipelining?: boolean }) {
  return async (count: number, url: string): Promise<number> => {
    const redis = new Redis(url, settings);
    await gets(redis, count / 10);
    const took = await gets(redis, count);
    await redis.quit();
    return took;
  };
}

export const programs: Programs = {
  "redis-gets": redisGets({}),
  "redis-gets-pipelined": redisGets({ enableAutoPipelining: true }),
};
