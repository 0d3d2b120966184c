/** readLines of brigade/node, read by forEach. */
import { forEach, run } from "brigade";
import { readLines } from "brigade/node";
import { ResidentSamples } from "../../node/resident-samples.ts";
import type { Programs } from "../../program.ts";

export const programs: Programs = {
  "read-lines-speed": (_, url) =>
    run(function* () {
      let bytes = 0;
      yield* forEach(readLines(new URL(url)), (line) => {
        bytes += line.length + 1;
      });
      return bytes;
    }),

  "read-lines-memory": (count, url) =>
    run(function* () {
      const samples = new ResidentSamples();
      yield* forEach(readLines(new URL(url)), (line) => samples.line(line));
      return samples.spread(count);
    }),
};
