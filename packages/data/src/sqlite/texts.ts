/** What has been learned about statements, by their text. */

const KEPT = 2_000;
/** How a statement that writes begins. One that is not seen here is found out by a process that can only read. */
const WRITES = /^\s*(?:insert|update|delete|replace|create|drop|alter|reindex|vacuum|analyze)\b/i;

export interface Text {
  readonly sql: string;
  /** It writes: it needs the process that does. */
  writes: boolean;
  /** It was done within a moment the last time: others can wait behind it. */
  quick: boolean;
}

export class Texts {
  readonly #texts: Map<string, Text> = new Map();

  of(sql: string): Text {
    return this.#texts.get(sql) ?? this.#add(sql);
  }

  #add(sql: string): Text {
    if (this.#texts.size >= KEPT) this.#texts.delete(this.#texts.keys().next().value as string);
    const text: Text = { sql, writes: WRITES.test(sql), quick: false };
    this.#texts.set(sql, text);
    return text;
  }
}
