/** What a pool hands out, and to whom. */

/** A connection of the pool, and who uses it. */
export class Slot<C> {
  readonly connection: C;
  users = 0;
  /** Its user has it for itself. */
  taken = false;
  idleSince = 0;
  state: "open" | "dropped" = "open";

  constructor(connection: C) {
    this.connection = connection;
  }
}

/** Who waits for a connection. It is answered once, by `granted` or `refused`, unless it withdraws before. */
export interface Taker<C> {
  /** Whether it needs a connection for itself, or can share one with others that can. */
  readonly alone: boolean;
  granted(slot: Slot<C>): void;
  refused(error: unknown): void;
}
