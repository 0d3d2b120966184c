/** Rows as a table for the terminal, ratios first. */
import { styleText } from "node:util";
import { isBounded, isMet, type Row } from "./row.ts";

/** Three significant digits, and thousands apart. */
export function readable(figure: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(figure), 0.001))));
  return figure.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

interface Column {
  readonly title: string;
  readonly isNumeric: boolean;
  readonly cell: (row: Row) => string;
}

const columns: readonly Column[] = [
  { title: "work", isNumeric: false, cell: (row) => row.work },
  { title: "against", isNumeric: false, cell: (row) => row.peer },
  { title: "ratio", isNumeric: true, cell: (row) => readable(row.ratio) },
  { title: "bound", isNumeric: false, cell: bound },
  { title: "", isNumeric: false, cell: verdict },
  { title: "brigade", isNumeric: true, cell: (row) => readable(row.brigade) },
  { title: "other", isNumeric: true, cell: (row) => readable(row.other) },
  { title: "unit", isNumeric: false, cell: (row) => row.unit },
];

function bound({ atMost, atLeast }: Row): string {
  if (atLeast !== undefined) return `≥ ${atLeast}`;
  return atMost === undefined ? "" : `≤ ${atMost}`;
}

function verdict(row: Row): string {
  if (!isBounded(row)) return "";
  return isMet(row) ? "met" : "NOT MET";
}

/** `styleText` leaves the colour out where the output has none. */
function painted(row: Row, line: string): string {
  if (!isBounded(row)) return line;
  return styleText(isMet(row) ? "green" : "red", line);
}

export function tableOf(rows: readonly Row[]): string {
  const widths = columns.map(({ title, cell }) => Math.max(title.length, ...rows.map((row) => cell(row).length)));
  const line = (text: (column: Column) => string): string =>
    columns
      .map((column, index) => {
        const width = widths[index] ?? 0;
        return column.isNumeric ? text(column).padStart(width) : text(column).padEnd(width);
      })
      .join("  ")
      .trimEnd();
  const header = styleText(
    "bold",
    line(({ title }) => title),
  );
  return [
    header,
    ...rows.map((row) =>
      painted(
        row,
        line(({ cell }) => cell(row)),
      ),
    ),
  ].join("\n");
}
