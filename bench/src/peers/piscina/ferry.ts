/** What Piscina's worker does with the load: marks it, and gives it back without a copy. */
import { move } from "piscina";
import { mark } from "../../node/ferry.ts";

export default function ferry(bytes: Uint8Array<ArrayBuffer>): unknown {
  return move(mark(bytes));
}
