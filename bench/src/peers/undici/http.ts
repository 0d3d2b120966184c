/** Bare undici: 50 loops, each of which asks and reads the next when its last has ended. */
import { Agent, request } from "undici";
import { CONCURRENCY } from "../../http/concurrency.ts";
import type { Programs } from "../../program.ts";

export const programs: Programs = {
  "http-client": async (count, url) => {
    const dispatcher = new Agent({ connections: CONCURRENCY });
    let next = 0;
    let bytes = 0;
    const loop = async (): Promise<void> => {
      while (next < count) {
        const { body } = await request(`${url}items/${next++}`, { dispatcher });
        const text = await body.text();
        bytes += text.length;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, loop));
    await dispatcher.close();
    return bytes;
  },
};
