/** Counts, durations, rates and sizes. */
import type { Rate } from "brigade/http";
import { UsageError } from "../usage-error.ts";
import { type Value, value } from "./value.ts";

/** A whole number from `min` to `max`. */
export function count(min: number, max: number): Value<number> {
  return value({
    metavar: "N",
    example: String(Math.max(min, 4)),
    read(word) {
      const number = /^\d+$/.test(word) ? Number(word) : Number.NaN;
      if (!(number >= min && number <= max)) throw new UsageError(`write a whole number from ${min} to ${max}`);
      return number;
    },
    write: String,
  });
}

const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
type DurationUnit = keyof typeof durationUnits;
const longestDuration = 24 * durationUnits.h;

function readDuration(word: string): number {
  const parts = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(word);
  if (parts === null)
    throw new UsageError("this is no duration: write a number and its unit, such as 500ms, 10s, 2m or 1h");
  const unit = parts[2] as DurationUnit | undefined;
  if (unit === undefined) throw new UsageError(`write the unit too, such as ${word}s or ${word}ms`);
  const milliseconds = Number(parts[1]) * durationUnits[unit];
  if (milliseconds > longestDuration) throw new UsageError("write at most 24h");
  return milliseconds;
}

function writeDuration(milliseconds: number): string {
  const units = Object.entries(durationUnits).reverse();
  const [name, size] = units.find(([, size]) => milliseconds >= size && milliseconds % size === 0) ?? ["ms", 1];
  return `${milliseconds / size}${name}`;
}

/** In milliseconds. */
export function duration({ zero }: { readonly zero: boolean }): Value<number> {
  return value({
    metavar: "TIME",
    example: "10s",
    read(word) {
      const milliseconds = readDuration(word);
      if (milliseconds === 0 && !zero) throw new UsageError("write more than 0, such as 500ms, 10s or 2m");
      return milliseconds;
    },
    write: writeDuration,
  });
}

function readRate(word: string): Rate {
  const parts = /^(\d+(?:\.\d+)?|\.\d+)(?:\/(s|m|h))?$/.exec(word);
  if (parts === null)
    throw new UsageError("this is no rate: write a number per second, minute or hour, such as 50/s, 100/m or 1000/h");
  const [, number, unit] = parts;
  if (unit === undefined) throw new UsageError(`write ${word}/s (or ${word}/m, ${word}/h)`);
  if (Number(number) === 0) throw new UsageError("write more than 0, such as 50/s or 1/m");
  return word as Rate;
}

export function rate(): Value<Rate> {
  return value({ metavar: "RATE", example: "50/s", read: readRate, write: (rate) => rate });
}

const sizeUnits = { "": 1, K: 1_024, M: 1_024 ** 2, G: 1_024 ** 3 } as const;

function readSize(word: string): number {
  const parts = /^(\d+(?:\.\d+)?)(|[KMG])(?:i?B)?$/i.exec(word);
  if (parts === null) throw new UsageError("this is no size: write bytes, or a number with K, M or G, such as 64M");
  const bytes = Math.floor(Number(parts[1]) * sizeUnits[(parts[2] as string).toUpperCase() as keyof typeof sizeUnits]);
  if (bytes < 1 || bytes > sizeUnits.G) throw new UsageError("write from 1 to 1G");
  return bytes;
}

function writeSize(bytes: number): string {
  const units = Object.entries(sizeUnits).reverse();
  const [name, size] = units.find(([, size]) => bytes >= size && bytes % size === 0) ?? ["", 1];
  return `${bytes / size}${name}`;
}

/** In bytes; K, M and G are powers of 1,024. */
export function size(): Value<number> {
  return value({ metavar: "SIZE", example: "64M", read: readSize, write: writeSize });
}
