/** More than one machine: today by HTTP. Two servers stand for two machines; each request goes to whichever is free. */
import { coroutine, gather, Queue, run, use } from "brigade";
import { createClient } from "brigade/http";
import { spawn, type Subprocess } from "brigade/node";
import { fileURLToPath } from "node:url";
import { headings, row, timed } from "./stopwatch.ts";

const server = fileURLToPath(new URL("./jobs/serve-primes.ts", import.meta.url));
const machine = () => spawn(process.execPath, [...process.execArgv, server]);
const jobs = Array.from({ length: 8 }, () => 600_000);

/** The servers print their address when they listen. */
const addressOf = coroutine(function* addressOf(started: Subprocess) {
  const address = yield* started.stdout.readLine();
  if (address === undefined) throw new Error("a server ended before it listened");
  return address;
});

const compute = coroutine(function* compute(machines: readonly string[]) {
  const free = new Queue<string>();
  for (const address of machines) free.putNowait(address);
  const served = new Map<string, number>();
  const counts = yield* use(createClient({ retry: 3 }), (client) =>
    gather(
      jobs.map(function* (below) {
        const address = yield* free.get();
        try {
          const response = yield* client.get(`${address}/primes`, { query: { below } });
          served.set(address, (served.get(address) ?? 0) + 1);
          return yield* response.raiseForStatus().json<number>();
        } finally {
          free.putNowait(address);
        }
      }),
    ),
  );
  return { counts, served: [...served.values()] };
});

await run(
  use(machine(), (first) =>
    use(machine(), function* (second) {
      const machines = yield* gather([addressOf(first), addressOf(second)]);
      yield* compute(machines); // both have loaded what they need
      console.log("8 computations");
      console.log(headings);
      console.log(row("one machine", yield* timed(() => compute(machines.slice(0, 1)))));
      const both = yield* timed(() => compute(machines));
      console.log(row("two machines", both));
      console.log(`each served: ${both.value.served.join(" and ")}; primes found: ${both.value.counts[0]}`);
    }),
  ),
);
