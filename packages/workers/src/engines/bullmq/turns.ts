/** Rates that all workers of a queue share: the next free turn stands on Redis, by Redis's own clock. */
import type { Rate, Slot } from "../../engine/engine.ts";
import { type Connection, keyOf } from "./connection.ts";

// Turns are evenly spaced. Both keys expire by themselves; a turn further ahead than the horizon was written before a clock was set
// back, and one that its job comes to later than a whole turn is given up: others have started since.
const TAKE = `
local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000
local interval = tonumber(ARGV[1])
local horizon = tonumber(ARGV[2])
local mine = tonumber(redis.call("GET", KEYS[2]) or "")
if mine then
  if mine > now and mine - now <= horizon then return { tostring(mine - now), 1 } end
  redis.call("DEL", KEYS[2])
  if mine <= now and now - mine <= interval then return { "0", 1 } end
end
local turn = tonumber(redis.call("GET", KEYS[1]) or "0")
if turn < now or turn > now + horizon + interval then turn = now end
local wait = turn - now
if wait > horizon then return { tostring(wait), 0 } end
local life = math.ceil(wait + interval + 60000)
redis.call("SET", KEYS[1], string.format("%.3f", turn + interval), "PX", life)
if wait > 0 then redis.call("SET", KEYS[2], string.format("%.3f", turn), "PX", life) end
return { tostring(wait), 1 }
`;

/** Takes a turn for a job. */
export async function takeTurn(
  connection: Connection,
  name: string,
  { count, per }: Rate,
  id: string,
  horizon: number,
): Promise<Slot> {
  const keys = [keyOf(connection, "turn", name), keyOf(connection, "reserved", id)];
  const reply = (await connection.redis.eval(TAKE, 2, ...keys, per / count, horizon)) as [string, number];
  return { wait: Math.ceil(Number(reply[0])), reserved: reply[1] === 1 };
}
