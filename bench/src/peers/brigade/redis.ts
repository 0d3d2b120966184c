/** Brigade's Redis with its defaults. */
import { run, use } from "brigade";
import { redis } from "@brigade/data/redis";
import type { Programs } from "../../program.ts";
import { warmSelects } from "./queries.ts";

export const programs: Programs = {
  "redis-gets": async (count, url) => run(use(redis(url), (db) => warmSelects((id) => db.get(`item:${id}`), count))),
};
