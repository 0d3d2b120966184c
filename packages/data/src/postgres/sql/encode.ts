/** Values as the text that the server reads them from, whatever the type of the parameter. The same for both drivers. */

/** What a statement's values are when they are sent. */
export type Encoded = string | null;

/** Marks a value that is sent as JSON: an array, or a string, for a column of type json or jsonb. */
export class Json {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** Throws `TypeError` for what no column can hold. `place` says which value it is: "value 2 of the statement". */
export function encode(value: unknown, place: string): Encoded {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? null : encodeObject(value, place);
    case "undefined":
      throw new TypeError(`${place} is undefined: use null for SQL's NULL`);
    default:
      throw new TypeError(`${place} is a ${typeof value}, which no column can hold`);
  }
}

function encodeObject(value: object, place: string): string {
  if (Array.isArray(value)) return encodeArray(value, place);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError(`${place} is an invalid Date`);
    return value.toISOString();
  }
  if (ArrayBuffer.isView(value)) return hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof ArrayBuffer) return hex(new Uint8Array(value));
  return encodeJson(value instanceof Json ? value.value : value, place);
}

function encodeJson(value: unknown, place: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new TypeError(`${place} can't be written as JSON: ${(error as Error).message}`, { cause: error });
  }
  if (text === undefined) throw new TypeError(`${place} is ${typeof value}, which JSON has no word for`);
  return text;
}

function hex(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

function encodeArray(items: readonly unknown[], place: string): string {
  const parts = items.map((item) => {
    if (Array.isArray(item)) return encodeArray(item, place);
    const text = encode(item, `an element of ${place}`);
    return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${parts.join(",")}}`;
}
