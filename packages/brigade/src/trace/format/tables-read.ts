/** Whether what stands in a file is what it should be: nothing that reads a trace has to look again. */
import type { Place, Resource, TableChunk, TraceMeta } from "./schema.ts";

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function may(value: unknown, fits: (value: unknown) => boolean): boolean {
  return value === undefined || fits(value);
}

export function isMeta(value: unknown): value is TraceMeta {
  return (
    isObject(value) &&
    isNumber(value["startedAt"]) &&
    may(value["program"], isString) &&
    may(value["pid"], isNumber) &&
    may(value["host"], isString) &&
    may(value["last"], isNumber)
  );
}

export function isTableChunk(value: unknown): value is TableChunk {
  return (
    isObject(value) &&
    may(value["strings"], rowsOf(isString)) &&
    may(value["places"], rowsOf(isPlace)) &&
    may(value["resources"], rowsOf(isResource))
  );
}

function rowsOf(fits: (row: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every((row) => isRow(row, fits));
}

function isRow(row: unknown, fits: (row: unknown) => boolean): boolean {
  return Array.isArray(row) && row.length === 2 && Number.isInteger(row[0]) && (row[0] as number) > 0 && fits(row[1]);
}

function isPlace(value: unknown): value is Place {
  if (!isObject(value) || !isString(value["kind"]) || !may(value["label"], isString)) return false;
  return typeof value["exact"] === "boolean" && Array.isArray(value["frames"]) && value["frames"].every(isFrame);
}

function isFrame(value: unknown): boolean {
  if (!isObject(value) || !isString(value["name"])) return false;
  return may(value["file"], isString) && may(value["line"], isNumber) && may(value["column"], isNumber);
}

function isResource(value: unknown): value is Resource {
  if (!isObject(value) || !isString(value["kind"])) return false;
  return may(value["name"], isString) && may(value["capacity"], isNumber);
}
