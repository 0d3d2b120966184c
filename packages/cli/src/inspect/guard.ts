/** Who may ask: whoever has the token, from the page itself. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Refusal } from "./subject.ts";

export class Guard {
  readonly token: string = randomBytes(24).toString("base64url");
  /** Set when it is known. */
  port = 0;

  /** Throws a Refusal. A page of another name that leads to this address (DNS rebinding) is told so by its Host. */
  checkPlace({ headers }: IncomingMessage): void {
    const places = [`127.0.0.1:${this.port}`, `localhost:${this.port}`];
    if (!places.includes(headers.host ?? "")) throw new Refusal(403, `ask for http://${places[0]}/`);
    const { origin } = headers;
    if (origin !== undefined && !places.some((place) => origin === `http://${place}`)) {
      throw new Refusal(403, "pages from elsewhere may not ask");
    }
  }

  /** Throws a Refusal. The token stands in the part of the address that browsers keep to themselves, and comes in a header. */
  checkToken({ headers }: IncomingMessage): void {
    const given = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    // Of equal length, so that the comparison takes the same time whatever was given.
    if (timingSafeEqual(digest(given), digest(this.token))) return;
    throw new Refusal(
      401,
      "the token is missing or wrong: open the address that brigade inspect has printed, all of it",
    );
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
