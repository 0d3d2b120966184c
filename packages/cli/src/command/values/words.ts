/** Words that are passed on as they stand. */
import { UsageError } from "../usage-error.ts";
import { type Value, value } from "./value.ts";

export function word(): Value<string> {
  return value({ metavar: "ARG", example: "orders.csv", read: (word) => word, write: (word) => word });
}

/** A schedule as `brigade run --explore` prints it. */
export function seed(): Value<string> {
  return value({
    metavar: "SEED",
    example: "s1-2.1",
    read(word) {
      if (!/^s1[\w.-]*$/.test(word)) throw new UsageError("this is no seed: copy the one that --explore has printed");
      return word;
    },
    write: (seed) => seed,
  });
}

/** Of a task, of a coroutine. */
export function name(): Value<string> {
  return value({
    metavar: "NAME",
    example: "main",
    read(word) {
      if (word === "") throw new UsageError("write a name");
      return word;
    },
    write: (name) => name,
  });
}

/** Of a queue: what every engine can call its own by. */
export function queueName(): Value<string> {
  return value({
    metavar: "NAME",
    example: "images",
    read(word) {
      if (!/^[A-Za-z0-9_-]{1,40}$/.test(word)) throw new UsageError("write up to 40 letters, digits, - and _");
      return word;
    },
    write: (name) => name,
  });
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function jobId(): Value<string> {
  return value({
    metavar: "ID",
    example: "0198f2c6-8a0b-7cc1-9f43-0d3a5b6c7d8e",
    read(word) {
      if (!uuid.test(word)) throw new UsageError("this is no job's id: copy it from brigade jobs");
      return word.toLowerCase();
    },
    write: (id) => id,
  });
}

/** A job, or all of them. */
export function jobIds(): Value<string> {
  return value({
    metavar: "ID",
    example: "all",
    read(word) {
      if (word !== "all" && !uuid.test(word))
        throw new UsageError("this is no job's id: copy it from brigade jobs, or write all");
      return word.toLowerCase();
    },
    write: (id) => id,
  });
}

export function scheduleKey(): Value<string> {
  return value({
    metavar: "KEY",
    example: "nightly-report",
    read(word) {
      if (word === "") throw new UsageError("write the key that the schedule was made with");
      return word;
    },
    write: (key) => key,
  });
}
