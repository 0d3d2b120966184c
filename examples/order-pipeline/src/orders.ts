/** Reads orders from a CSV file: all of them, or an error that says which line is wrong, how, and what to do. */
import { readFile } from "node:fs/promises";
import { CsvError, type Info, parse } from "csv-parse/sync";

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly sku: string;
  readonly quantity: number;
  /** Two letters, as in ISO 3166: PT. */
  readonly country: string;
}

/** The file or the command line is not usable as it is. The message is for whoever gave it. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const columns = ["id", "customer", "sku", "quantity", "country"] as const;
type Column = (typeof columns)[number];
/** A column that the header lacks has been refused before the first row. */
type Row = Readonly<Record<Column, string>>;

export async function readOrders(path: string): Promise<readonly Order[]> {
  const text = await readText(path);
  const orders = new Map<string, Order>();
  for (const { record, info } of parseRows(text, path)) {
    const where = `${path}, line ${info.lines}`;
    const order = toOrder(record, where);
    if (orders.has(order.id)) {
      throw new InputError(
        `${where}: the id "${order.id}" stands on an earlier line too. Give each order an id of its own.`,
      );
    }
    orders.set(order.id, order);
  }
  if (orders.size === 0) {
    throw new InputError(
      `${path} has no orders. It needs the header line ${columns.join(",")} and a line for each order.`,
    );
  }
  return [...orders.values()];
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new InputError(`Can't read ${path}: ${why}. Give the path of a CSV file with orders.`);
  });
  try {
    // One kind of line end, since the parser counts a CRLF inside quotes as two lines.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
  } catch {
    throw new InputError(`${path} is not UTF-8 text. Save it as CSV in UTF-8.`);
  }
}

function parseRows(text: string, path: string): readonly { readonly record: Row; readonly info: Info }[] {
  try {
    return parse(text, {
      columns: (header) => checkedHeader(header, path),
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`${path}, line ${String(error["lines"])}: ${explain(error)}`);
  }
}

function checkedHeader(header: string[], path: string): string[] {
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    const what = missing.length === 1 ? `the column ${missing[0]} is` : `the columns ${missing.join(", ")} are`;
    throw new InputError(
      `${path}: ${what} missing. The first line must name ${columns.join(",")}; it is "${header.join(",")}".`,
    );
  }
  const twice = header.find((name, index) => name !== "" && header.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`${path}: the column ${twice} is there twice. Remove one of them.`);
  return header;
}

function explain(error: CsvError): string {
  switch (error.code) {
    case "CSV_RECORD_INCONSISTENT_COLUMNS": {
      const fields = Array.isArray(error["record"]) ? error["record"].length : "other";
      return `it has ${fields} fields, not those of the header. Fill in what is missing, and quote a field that holds a comma.`;
    }
    case "CSV_QUOTE_NOT_CLOSED":
      return 'a quoted field that began here or above does not end. Close it with ", and write a quote inside it as "".';
    case "INVALID_OPENING_QUOTE":
    case "CSV_INVALID_CLOSING_QUOTE":
      return 'a quote stands inside a field. Put quotes around the whole field, and write the quote inside it as "".';
    default:
      return `${error.message}. Correct the line or remove it.`;
  }
}

function toOrder(row: Row, where: string): Order {
  const empty = columns.find((column) => row[column] === "");
  if (empty !== undefined) throw new InputError(`${where}: ${empty} is empty. Fill it in or remove the line.`);
  const quantity = Number(row.quantity);
  if (!/^\d+$/.test(row.quantity) || quantity < 1 || !Number.isSafeInteger(quantity)) {
    throw new InputError(`${where}: quantity is "${row.quantity}". It must be a whole number, 1 or more.`);
  }
  if (!/^[A-Z]{2}$/.test(row.country)) {
    throw new InputError(`${where}: country is "${row.country}". It must be a code of two capital letters, as in PT.`);
  }
  return { id: row.id, customer: row.customer, sku: row.sku, quantity, country: row.country };
}
