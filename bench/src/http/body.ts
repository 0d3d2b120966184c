/** What a request of the HTTP works is answered with: 1,024 bytes of JSON, the same for every server. */

export const BODY_BYTES = 1_024;

const frame: string = JSON.stringify({ id: "ORD-001", note: "" });

export const BODY: string = frame.replace('""', `"${"x".repeat(BODY_BYTES - frame.length)}"`);
