/** Writes down what a transport tells of an exchange, in order, and lets a test wait for it. */
import type { Stream } from "brigade";
import type { ExchangeListener, ResponseHead, TransportRequest } from "brigade/http";

export class Told implements ExchangeListener {
  /** `data` with its length. */
  readonly events: string[] = [];
  response: ResponseHead | undefined;
  failure: unknown;
  text = "";
  readonly #decoder = new TextDecoder();
  readonly #watchers = new Set<() => void>();

  /** Done when the event has been told, or was. */
  until(event: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.events.includes(event)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #tell(event: string): void {
    this.events.push(event);
    for (const look of [...this.#watchers]) look();
  }

  connected(): void {
    this.#tell("connected");
  }

  sent(whole: boolean): void {
    this.#tell(whole ? "sent" : "sent a piece");
  }

  head(head: ResponseHead): void {
    this.response = head;
    this.#tell("head");
  }

  data(chunk: Uint8Array): void {
    this.text += this.#decoder.decode(chunk, { stream: true });
    this.#tell(`data ${chunk.byteLength}`);
  }

  ended(): void {
    this.#tell("ended");
  }

  failed(error: unknown): void {
    this.failure = error;
    this.#tell("failed");
  }
}

export const get = (url: string): TransportRequest => ({
  method: "GET",
  url: new URL(url),
  headers: [],
  body: undefined,
});

export const post = (url: string, body: TransportRequest["body"]): TransportRequest => ({
  ...get(url),
  method: "POST",
  body,
});

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Lets promise callbacks that are due run. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** A web stream of a stream of the loop; the DOM's types do not know `from`. */
export const webStream: (source: Stream<Uint8Array>) => ReadableStream<Uint8Array> = (
  ReadableStream as unknown as { from(source: Stream<Uint8Array>): ReadableStream<Uint8Array> }
).from;
