/** Tells everybody who listens on the queue what happened to jobs: many at a time, while a message before is on its way. */
import type { Link } from "./link.ts";

/** One letter, and the id of the job. */
export const ENDED = "e";
export const PROGRESSED = "p";
export const CANCELLED = "c";

const NOTIFY = "SELECT count(pg_notify($1, word)) FROM unnest($2::text[]) AS word";

export class Announcer {
  readonly #link: Link;
  #words = new Set<string>();
  #sending: Promise<void> | undefined;

  constructor(link: Link) {
    this.#link = link;
  }

  /** A word that is lost with the connection is made up for by those who listen: they look by themselves, too. */
  say(kind: string, id: string): void {
    this.#words.add(kind + id);
    this.#sending ??= this.#send();
  }

  /** Done when everything that was said is on its way. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    await Promise.resolve(); // what is said in this turn goes together
    while (this.#words.size > 0) {
      const words = [...this.#words];
      this.#words = new Set();
      try {
        await this.#link.database.executeSql(NOTIFY, [this.#link.channel, words]);
      } catch (error) {
        this.#link.trouble("a notification was not sent", error);
      }
    }
    this.#sending = undefined;
  }
}
