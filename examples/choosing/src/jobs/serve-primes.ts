/** A worker machine: answers GET /primes?below=N, and computes as many at once as it has threads. */
import { run, use } from "brigade";
import { serve } from "brigade/http";
import { threadPool } from "brigade/node";

type Primes = typeof import("./primes.ts");

await run(
  use(threadPool<Primes>(new URL("./primes.ts", import.meta.url), { size: 1 }), (pool) => {
    const handle = function* (request: Request) {
      const below = Number(new URL(request.url).searchParams.get("below"));
      return Response.json(yield* pool.call("primesBelow", below));
    };
    return use(serve(handle, { limit: 1, queue: 100 }), function* (server) {
      console.log(server.url);
      yield* server.forever();
    });
  }),
  { handleSignals: true },
).catch(() => {}); // it was told to end
