/** node:readline over a stream: its lines by `for await`, and by the event. */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { ResidentSamples } from "../../node/resident-samples.ts";
import type { Programs } from "../../program.ts";

function lines(url: string): Interface {
  return createInterface({ input: createReadStream(new URL(url)), crlfDelay: Infinity });
}

export const programs: Programs = {
  "read-lines-speed": async (_, url) => {
    let bytes = 0;
    for await (const line of lines(url)) bytes += line.length + 1;
    return bytes;
  },

  "read-lines-event": async (_, url) => {
    let bytes = 0;
    const reader = lines(url);
    reader.on("line", (line) => {
      bytes += line.length + 1;
    });
    await once(reader, "close");
    return bytes;
  },

  "read-lines-memory": async (count, url) => {
    const samples = new ResidentSamples();
    for await (const line of lines(url)) samples.line(line);
    return samples.spread(count);
  },
};
