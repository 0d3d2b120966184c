/** What a worker of brigade/node does with the load: marks it and gives it back, without a copy or with one; or keeps it. */
import { transfer } from "brigade/node";
import { mark } from "../../node/ferry.ts";

export function transferBack(bytes: Uint8Array): Uint8Array {
  return transfer(mark(bytes));
}

export function copyBack(bytes: Uint8Array): Uint8Array {
  return mark(bytes);
}

const kept: Uint8Array[] = [];

export function keep(bytes: Uint8Array): number {
  return kept.push(bytes);
}
