/** A file of orders is read whole, or refused with one message that names the line, the fault and the remedy. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError, readOrders } from "../src/orders.ts";

const header = "id,customer,sku,quantity,country";
let folder = "";
let path = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orders-"));
  path = join(folder, "orders.csv");
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Uint8Array) {
  await writeFile(path, content);
  return readOrders(path);
}

describe("what is read", () => {
  test("a row becomes an order with a number for its quantity", async () => {
    expect(await read(`${header}\nA-1,Ana,MUG,12,PT\n`)).toEqual([
      { id: "A-1", customer: "Ana", sku: "MUG", quantity: 12, country: "PT" },
    ]);
  });

  test("a byte order mark, CRLF, blank lines, spaces and a missing last line end change nothing", async () => {
    const plain = await read(`${header}\nA,Ana,MUG,1,PT\nB,Bo,PEN,2,SE\n`);
    expect(await read(`\uFEFF${header}\r\n A , Ana,MUG,1,PT\r\n\r\nB,Bo,PEN,2,SE`)).toEqual(plain);
  });

  test("a quoted field holds commas, quotes and line ends", async () => {
    const [order] = await read(`${header}\nA,"Berg, ""Sons""\r\nand Co.",MUG,1,PT\n`);
    expect(order?.customer).toBe('Berg, "Sons"\nand Co.');
  });

  test("columns may stand in any order, beside others", async () => {
    const [order] = await read("note,country,quantity,sku,customer,id\nurgent,PT,1,MUG,Ana,A\n");
    expect(order).toEqual({ id: "A", customer: "Ana", sku: "MUG", quantity: 1, country: "PT" });
  });

  test("the example has 300 orders", async () => {
    expect(await readOrders(new URL("../orders.csv", import.meta.url).pathname)).toHaveLength(300);
  });
});

describe("what is refused", () => {
  const lines = (...rows: string[]) => [header, ...rows, ""].join("\n");
  const refused: [claim: string, content: string | Uint8Array, message: string][] = [
    ["an empty file", "", `has no orders. It needs the header line ${header} and a line for each order.`],
    ["a header alone", lines(), "has no orders."],
    [
      "a missing column",
      "id,customer,sku,country\n",
      `: the column quantity is missing. The first line must name ${header}`,
    ],
    [
      "semicolons",
      "id;customer;sku;quantity;country\n",
      "the columns id, customer, sku, quantity, country are missing.",
    ],
    ["a column that is there twice", `${header},id\n`, ": the column id is there twice. Remove one of them."],
    [
      "a quantity in words",
      lines("A,Ana,MUG,1,PT", "B,Bo,MUG,two,PT"),
      ', line 3: quantity is "two". It must be a whole number',
    ],
    ["a quantity of none", lines("A,Ana,MUG,0,PT"), ', line 2: quantity is "0".'],
    ["half a piece", lines("A,Ana,MUG,1.5,PT"), ', line 2: quantity is "1.5".'],
    ["an empty field", lines("A,,MUG,1,PT"), ", line 2: customer is empty. Fill it in or remove the line."],
    ["a country's name", lines("A,Ana,MUG,1,Portugal"), ', line 2: country is "Portugal". It must be a code of two'],
    ["a row too short", lines("A,Ana,MUG,1"), ", line 2: it has 4 fields, not those of the header."],
    ["a row too long", lines("A,Ana,x,MUG,1,PT"), ", line 2: it has 6 fields, not those of the header."],
    [
      "an id for the second time",
      lines("A,Ana,MUG,1,PT", "A,Bo,PEN,1,SE"),
      ', line 3: the id "A" stands on an earlier line too.',
    ],
    ["a quote without end", lines('A,"Ana,MUG,1,PT'), "a quoted field that began here or above does not end."],
    ["a quote inside a field", lines('A,An"a,MUG,1,PT'), ", line 2: a quote stands inside a field."],
    ["bytes that are not UTF-8", Uint8Array.of(0xff, 0xfe, 0x41), "is not UTF-8 text. Save it as CSV in UTF-8."],
  ];
  test.each(refused)("%s", async (_claim, content, message) => {
    const error = await read(content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toHaveProperty("message", expect.stringContaining(path));
    expect(error).toHaveProperty("message", expect.stringContaining(message));
    expect(String(error).split("\n").length).toBeLessThanOrEqual(2);
  });

  test("the line is counted in the file, blank lines and quoted line ends included", async () => {
    const content = `${header}\r\n\r\nA,"Ana\r\nMaria",MUG,1,PT\r\nB,Bo,MUG,many,PT\r\n`;
    await expect(read(content)).rejects.toThrow(", line 5: quantity");
  });

  test("a file that is not there, and a folder", async () => {
    await expect(readOrders(join(folder, "none.csv"))).rejects.toThrow(
      "none.csv: there is no such file. Give the path",
    );
    await expect(readOrders(folder)).rejects.toThrow(InputError);
  });
});
