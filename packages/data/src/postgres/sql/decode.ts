/** What the server sends as text, as values: by the type of the column. The same for both drivers. */

export type Parser = (text: string) => unknown;

/** What int8 (bigint, and so `count(*)`) becomes. */
export type BigIntAs = "bigint" | "number" | "string";

const bigints: Readonly<Record<BigIntAs, Parser>> = { bigint: BigInt, number: Number, string: (text) => text };

/** A moment in time. What JavaScript has no Date for (infinity, years before Christ) stays text. */
function moment(text: string): Date | string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date;
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text.slice(2), "hex");
}

/** By the types' numbers (oid), each with that of its arrays; see `select oid, typarray, typname from pg_type`. */
const known: readonly (readonly [oid: number, arrays: number, parse: Parser])[] = [
  [16, 1000, (text) => text === "t"], // bool
  [17, 1001, bytes], // bytea
  [21, 1005, Number], // int2
  [23, 1007, Number], // int4
  [26, 1028, Number], // oid
  [700, 1021, Number], // float4
  [701, 1022, Number], // float8
  [114, 199, (text) => JSON.parse(text) as unknown], // json
  [3802, 3807, (text) => JSON.parse(text) as unknown], // jsonb
  [1114, 1115, (text) => moment(`${text}Z`)], // timestamp: taken as UTC, as it is sent
  [1184, 1185, moment], // timestamptz
];

/** Types whose elements stay text, and whose arrays are arrays of text all the same. */
const textArrays: readonly number[] = [
  1002, 1003, 1009, 1014, 1015, 1041, 1040, 651, 1182, 1183, 1187, 1231, 1270, 2951, 2949, 3643,
];

/** The parsers by the number of a type. `own` go first: those of the program. */
export function parsersFor(bigint: BigIntAs, own: Readonly<Record<number, Parser>>): ReadonlyMap<number, Parser> {
  const parsers = new Map<number, Parser>();
  for (const oid of textArrays) parsers.set(oid, (text) => parseArray(text, (element) => element));
  for (const [oid, arrays, parse] of [...known, [20, 1016, bigints[bigint]] as const]) {
    const parser = own[oid] ?? parse;
    parsers.set(oid, parser);
    parsers.set(arrays, (text) => parseArray(text, parser));
  }
  for (const [oid, parser] of Object.entries(own)) parsers.set(Number(oid), parser);
  return parsers;
}

/** The text form of an array: {1,NULL,"a,b",{2}}, with its bounds before it where they do not begin at 1. */
export function parseArray(text: string, parse: Parser): unknown[] {
  let at = text.indexOf("{");
  const list = (): unknown[] => {
    const items: unknown[] = [];
    at++; // {
    while (text[at] !== "}") {
      items.push(text[at] === "{" ? list() : element());
      if (text[at] === ",") at++;
    }
    at++; // }
    return items;
  };
  const element = (): unknown => (text[at] === '"' ? parse(quoted()) : bare());
  const bare = (): unknown => {
    const start = at;
    while (text[at] !== "," && text[at] !== "}") at++;
    const word = text.slice(start, at);
    return word === "NULL" ? null : parse(word);
  };
  const quoted = (): string => {
    let word = "";
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === "\\") at++;
      word += text[at];
    }
    at++;
    return word;
  };
  return list();
}
