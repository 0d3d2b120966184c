/** Undoes content encodings (RFC 9110, 8.4) as the pieces come, with backpressure and a bound on what a piece may become. */
import { pipeline, type Transform } from "node:stream";
import * as zlib from "node:zlib";
import { DecodingFailure } from "./failure.ts";

type Maker = (firstByte: number) => Transform;

const decoders: Readonly<Record<string, Maker | undefined>> = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  // What is called deflate comes with the zlib header and, against the standard, without it.
  deflate: (firstByte) => ((firstByte & 0x0f) === 0x08 ? zlib.createInflate() : zlib.createInflateRaw()),
  br: () => zlib.createBrotliDecompress(),
  ...(typeof zlib.createZstdDecompress === "function" ? { zstd: () => zlib.createZstdDecompress() } : {}),
};

/** The first byte of the zlib format, which inner layers are taken to be in. */
const ZLIB = 0x78;

/** What a request may say that it accepts. */
export const ACCEPTED: string = Object.keys(decoders)
  .filter((name) => name !== "x-gzip")
  .join(", ");

/** Curl's and undici's bound. */
const MOST_LAYERS = 5;
/** Text of zeros shrinks a thousandfold in gzip: what grows more is built to hurt. */
const MOST_GROWTH = 2_000;
/** Below this nothing is hurt. */
const HARMLESS = 32 * 1024 * 1024;

export interface DecoderListener {
  data(chunk: Uint8Array): void;
  ended(): void;
  failed(error: Error): void;
  /** It takes pieces again. */
  drained(): void;
}

export class Decoder {
  readonly #makers: readonly Maker[];
  readonly #listener: DecoderListener;
  #first: Transform | undefined; // made for the first piece
  #last: Transform | undefined;
  #paused = false;
  #in = 0;
  #out = 0;

  constructor(makers: readonly Maker[], listener: DecoderListener) {
    this.#makers = makers;
    this.#listener = listener;
  }

  #make(firstByte: number): Transform {
    const layers = this.#makers.map((make, i) => make(i === 0 ? firstByte : ZLIB));
    const first = layers[0] as Transform;
    const last = layers.at(-1) as Transform;
    if (layers.length > 1) pipeline(layers, () => {});
    for (const layer of layers) layer.once("error", (error) => this.#fail(error));
    first.on("drain", () => this.#listener.drained());
    last.on("data", (chunk: Uint8Array) => this.#give(chunk));
    last.once("end", () => this.#listener.ended());
    if (this.#paused) last.pause();
    this.#first = first;
    this.#last = last;
    return first;
  }

  #give(chunk: Uint8Array): void {
    this.#out += chunk.byteLength;
    if (this.#out > HARMLESS && this.#out > this.#in * MOST_GROWTH) {
      this.destroy();
      const sizes = `${this.#in} bytes became more than ${this.#out}`;
      this.#listener.failed(new DecodingFailure(`the body is a decompression bomb: ${sizes}`));
    } else this.#listener.data(chunk);
  }

  #fail(error: Error): void {
    this.#listener.failed(new DecodingFailure(`the body does not decompress: ${error.message}`, { cause: error }));
  }

  /** False when it has enough for now. */
  write(chunk: Uint8Array): boolean {
    if (chunk.byteLength === 0) return true;
    this.#in += chunk.byteLength;
    return (this.#first ?? this.#make(chunk[0] as number)).write(chunk);
  }

  end(): void {
    if (this.#first) this.#first.end();
    else this.#listener.ended();
  }

  pause(): void {
    this.#paused = true;
    this.#last?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#last?.resume();
  }

  destroy(): void {
    this.#first?.destroy();
    this.#last?.destroy();
  }
}

/** A decoder for the encodings of a response; undefined where there is nothing to undo, or nothing that can be. */
export function decoderFor(encodings: string, listener: DecoderListener): Decoder | undefined {
  const names = encodings
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  if (names.length > MOST_LAYERS) {
    throw new DecodingFailure(`the body is encoded ${names.length} times over; at most ${MOST_LAYERS} are undone`);
  }
  const makers = names.reverse().map((name) => decoders[name]);
  if (makers.length === 0 || makers.includes(undefined)) return undefined;
  return new Decoder(makers as Maker[], listener);
}
