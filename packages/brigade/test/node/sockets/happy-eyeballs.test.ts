/** In which order, and when, the addresses of a host are tried (RFC 8305): in virtual time, without a network. */
import { type Coroutine, type CoroutineBody, coroutine, createTask, getRunningLoop, sleep } from "brigade";
import { describe, expect, test } from "vitest";
import { type Attempts, firstConnected, interleaved } from "../../../src/node/sockets/happy-eyeballs.ts";
import { virtually } from "../../virtually.ts";

/** What an address does: answers or refuses after so many ms, or neither. */
type Behaviour = { readonly answers: number } | { readonly refuses: number } | "silent";

class Network {
  readonly events: string[] = [];
  readonly #began = getRunningLoop().time();

  note(event: string): void {
    this.events.push(`${getRunningLoop().time() - this.#began} ${event}`);
  }

  dial: (address: string, behaviour: Behaviour) => Coroutine<string> = coroutine(function* dial(
    this: Network,
    address: string,
    behaviour: Behaviour,
  ): CoroutineBody<string> {
    this.note(`${address} dialled`);
    let over = false;
    try {
      if (behaviour === "silent") yield* sleep(Infinity);
      else if ("refuses" in behaviour) {
        yield* sleep(behaviour.refuses);
        over = true;
        throw new Error("refused");
      } else yield* sleep(behaviour.answers);
      over = true;
      return `socket of ${address}`;
    } finally {
      if (!over) this.note(`${address} given up`);
    }
  });

  attempts(addresses: Readonly<Record<string, Behaviour>>): Attempts<string, string> {
    return {
      addresses: Object.keys(addresses),
      dial: (address) => this.dial(address, addresses[address] as Behaviour),
      discard: (socket) => this.note(`${socket} discarded`),
      delay: 250,
      failed: (address, error) => this.note(`${address} ${(error as Error).message}`),
    };
  }
}

function attempting(addresses: Readonly<Record<string, Behaviour>>): Promise<readonly [string | undefined, string[]]> {
  return virtually(function* () {
    const network = new Network();
    const socket = yield* firstConnected(network.attempts(addresses));
    return [socket, network.events] as const;
  });
}

describe("happy eyeballs", () => {
  test("the families take turns, beginning with that of the best address", () => {
    const [a, b, c] = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map((address) => ({ address, family: 6 as const }));
    const [d, e] = ["192.0.2.1", "192.0.2.2"].map((address) => ({ address, family: 4 as const }));
    expect(interleaved([a!, b!, c!, d!, e!])).toEqual([a, d, b, e, c]);
    expect(interleaved([d!, a!, b!])).toEqual([d, a, b]);
    expect(interleaved([])).toEqual([]);
  });

  test("an address that answers in time is the only one that is tried", async () => {
    const [socket, events] = await attempting({ six: { answers: 249 }, four: { answers: 1 } });
    expect(socket).toBe("socket of six");
    expect(events).toEqual(["0 six dialled"]);
  });

  test("the next attempt begins 250 ms after the last, and the first that is connected ends the others", async () => {
    const [socket, events] = await attempting({ six: "silent", four: "silent", other: { answers: 30 } });
    expect(socket).toBe("socket of other");
    expect(events).toEqual([
      "0 six dialled",
      "250 four dialled",
      "500 other dialled",
      "530 six given up",
      "530 four given up",
    ]);
  });

  test("a slow attempt goes on while the next one runs, and may still win", async () => {
    const [socket, events] = await attempting({ six: { answers: 300 }, four: { answers: 100 } });
    expect(socket).toBe("socket of six");
    expect(events).toEqual(["0 six dialled", "250 four dialled", "300 four given up"]);
  });

  test("an attempt that fails lets the next one begin at once", async () => {
    const [socket, events] = await attempting({ six: { refuses: 10 }, four: { answers: 20 } });
    expect(socket).toBe("socket of four");
    expect(events).toEqual(["0 six dialled", "10 six refused", "10 four dialled"]);
  });

  test("the time between attempts counts from the last one, whatever an older one does", async () => {
    const [, events] = await attempting({ a: { refuses: 300 }, b: "silent", c: { answers: 0 } });
    expect(events.filter((event) => event.includes("dialled"))).toEqual([
      "0 a dialled",
      "250 b dialled",
      "500 c dialled",
    ]);
  });

  test("when every attempt has failed there is no connection, and each was heard", async () => {
    const [socket, events] = await attempting({ six: { refuses: 300 }, four: { refuses: 10 } });
    expect(socket).toBeUndefined();
    expect(events).toEqual(["0 six dialled", "250 four dialled", "260 four refused", "300 six refused"]);
  });

  test("of two that are connected at the same time one is taken, and the other given up", async () => {
    const [socket, events] = await attempting({ six: { answers: 260 }, four: { answers: 10 } });
    expect(socket).toBe("socket of six");
    expect(events.slice(2)).toEqual(["260 four given up"]);
  });

  test("a cancellation gives up every attempt", async () => {
    const events = await virtually(function* () {
      const network = new Network();
      const connecting = createTask(firstConnected(network.attempts({ six: "silent", four: "silent" })));
      yield* sleep(400);
      connecting.cancel();
      yield* sleep(0);
      yield* sleep(1);
      return network.events;
    });
    expect(events.slice(2)).toEqual(["400 six given up", "400 four given up"]);
  });

  test("what was connected in the moment of the cancellation is discarded", async () => {
    const outcomes = await virtually(function* () {
      const seen: string[][] = [];
      // The cancellation comes some iterations after the connection: before it is taken, and after.
      for (let hops = 0; hops < 6; hops++) {
        const network = new Network();
        const connecting = createTask(firstConnected(network.attempts({ six: { answers: 5 } })));
        yield* sleep(5);
        for (let i = 0; i < hops; i++) yield* sleep(0);
        connecting.cancel();
        yield* sleep(1);
        seen.push(connecting.cancelled ? network.events.slice(1) : ["taken"]);
      }
      return seen;
    });
    for (const events of outcomes)
      expect([["5 six given up"], ["5 socket of six discarded"], ["taken"]]).toContainEqual(events);
    expect(outcomes).toContainEqual(["5 socket of six discarded"]);
    expect(outcomes).toContainEqual(["taken"]);
  });
});
