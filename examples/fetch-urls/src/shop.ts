/** Somebody else's API: it takes its time, has no patience with more than ten at once, and fails now and then. */
import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

export interface Item {
  readonly id: number;
  readonly name: string;
  readonly price: number;
}

const mostAtOnce = 10;
const unknownItem = 13;

export class Shop implements AsyncDisposable {
  readonly #server: Server;
  readonly #stumbled = new Set<number>(); // items whose first request has failed
  #inFlight = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(Number(request.url?.match(/^\/items\/(\d+)$/)?.[1]), response);
    });
  }

  static async open(): Promise<Shop> {
    const shop = new Shop();
    await once(shop.#server.listen(0, "127.0.0.1"), "listening");
    return shop;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the shop is closed");
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(id: number, response: ServerResponse): Promise<void> {
    if (this.#inFlight >= mostAtOnce) {
      response.writeHead(429, { "retry-after": "1" }).end("slow down\n");
      return;
    }
    this.#inFlight += 1;
    await delay(10 + ((id * 7919) % 50));
    this.#inFlight -= 1;
    if (id === unknownItem) response.writeHead(404).end("no such item\n");
    else if (id % 40 === 0 && !this.#stumbled.has(id)) {
      this.#stumbled.add(id);
      response.writeHead(503).end("try again\n");
    } else {
      const item: Item = { id, name: `item ${id}`, price: ((id * 37) % 90) + 10 };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(item));
    }
  }
}
