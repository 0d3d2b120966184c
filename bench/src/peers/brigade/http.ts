/** The client of brigade/http: 50 loops, each of which asks and reads the next when its last has ended. */
import { coroutine, gather, run, use } from "brigade";
import { type Client, createClient } from "brigade/http";
import { CONCURRENCY } from "../../http/concurrency.ts";
import type { Programs } from "../../program.ts";
import { sum } from "../../results.ts";

interface Numbers {
  next: number;
  readonly end: number;
}

const loop = coroutine(function* (client: Client, url: string, numbers: Numbers) {
  let bytes = 0;
  while (numbers.next < numbers.end) {
    const response = yield* client.get(`${url}items/${numbers.next++}`);
    const text = yield* response.text();
    bytes += text.length;
  }
  return bytes;
});

export const programs: Programs = {
  "http-client": (count, url) =>
    run(function* () {
      const numbers: Numbers = { next: 0, end: count };
      return yield* use(createClient({ limits: { connections: CONCURRENCY } }), function* (client) {
        return sum(yield* gather(Array.from({ length: CONCURRENCY }, () => loop(client, url, numbers))));
      });
    }),
};
