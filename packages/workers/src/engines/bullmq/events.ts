/** The stream of events that BullMQ keeps for a queue, read from a point on: only what those who await jobs want to hear. */
import type { Redis } from "ioredis";
import type { Connection } from "./connection.ts";
import { optionsOf } from "./place.ts";

/** Hears of jobs. Values are as BullMQ writes them: JSON, except for a failure. */
export interface EventListener {
  progress(id: string, json: string): void;
  completed(id: string, json: string): void;
  failed(id: string, reason: string): void;
  removed(id: string): void;
}

const BLOCKING = 5_000; // ms that Redis may wait for an event
const MOST = 500; // events in one reply
const RETRY = 500; // ms

export class QueueEventStream {
  readonly #connection: Connection;
  readonly #listener: EventListener;
  readonly #redis: Redis;
  #last: string; // event that was heard
  #closed = false;

  /** Begins after the event whose id is `last`. */
  constructor(connection: Connection, last: string, listener: EventListener) {
    this.#connection = connection;
    this.#listener = listener;
    this.#last = last;
    this.#redis = new connection.drivers.Redis(optionsOf(connection.place, true));
    this.#redis.on("error", (error) => this.#trouble(error));
    void this.#read();
  }

  #trouble(error: unknown): void {
    if (!this.#closed)
      this.#connection.trouble("the events of the queue are interrupted; they are heard again soon", error);
  }

  async #read(): Promise<void> {
    const key = this.#connection.queue.toKey("events");
    while (!this.#closed) {
      try {
        const reply = await this.#redis.xread("COUNT", MOST, "BLOCK", BLOCKING, "STREAMS", key, this.#last);
        for (const [id, fields] of reply?.[0]?.[1] ?? []) {
          this.#last = id;
          this.#tell(fields);
        }
      } catch (error) {
        this.#trouble(error);
        await new Promise((resolve) => setTimeout(resolve, this.#closed ? 0 : RETRY));
      }
    }
  }

  /** The names of an event's first two fields are always "event" and "jobId". */
  #tell(fields: readonly string[]): void {
    const [, event, , id = ""] = fields;
    if (event === "completed") this.#listener.completed(id, valueOf(fields, "returnvalue"));
    else if (event === "progress") this.#listener.progress(id, valueOf(fields, "data"));
    else if (event === "failed") this.#listener.failed(id, valueOf(fields, "failedReason"));
    else if (event === "removed") this.#listener.removed(id);
  }

  close(): void {
    this.#closed = true;
    this.#redis.disconnect();
  }
}

function valueOf(fields: readonly string[], name: string): string {
  for (let at = 4; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1] ?? "";
  return "";
}
