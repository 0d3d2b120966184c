/** Where the bytes of a trace come from. */

export type TraceSource =
  | { readonly name: string; readonly kind: "text"; readonly base64: string }
  | { readonly name: string; readonly kind: "bytes"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly name: string; readonly kind: "file"; readonly file: Blob }
  | { readonly name: string; readonly kind: "server"; readonly url: string; readonly token: string };

export async function bytesOf(source: TraceSource): Promise<Uint8Array> {
  switch (source.kind) {
    case "bytes":
      return source.bytes;
    case "file":
      return new Uint8Array(await source.file.arrayBuffer());
    case "text":
      return inflated(fromBase64(source.base64));
    case "server":
      return fetched(source.url, source.token);
  }
}

async function fetched(url: string, token: string): Promise<Uint8Array> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, cache: "no-store" });
  if (!response.ok) throw new Error(await response.text());
  const length = Number(response.headers.get("content-length"));
  if (!(length > 0) || response.body === null) return new Uint8Array(await response.arrayBuffer());
  return filled(new Uint8Array(length), response.body);
}

/** Straight to where they belong: what comes in parts and is put together at the end takes twice the memory, and longer. */
async function filled(bytes: Uint8Array, body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = body.getReader();
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    bytes.set(part.value, at);
    at += part.value.length;
  }
  return bytes.subarray(0, at);
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** What a browser of before 2025 does not have. */
interface FromBase64 {
  fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const quick = (Uint8Array as unknown as FromBase64).fromBase64;
  if (quick) return quick.call(Uint8Array, text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
