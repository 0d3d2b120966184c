/** Ids of jobs: random, or made of a key, so that the same key is the same job (RFC 9562, UUID version 5). */
import { createHash, randomUUID } from "node:crypto";

const NAMESPACE: Uint8Array = /* @__PURE__ */ Buffer.from("6f1d3f0e5d1c4b0c9a8e1f7d2b3c4a5d", "hex");

export function randomId(): string {
  return randomUUID();
}

export function idOfKey(queue: string, task: string, key: string): string {
  const hash = createHash("sha1")
    .update(NAMESPACE)
    .update(JSON.stringify([queue, task, key]))
    .digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
