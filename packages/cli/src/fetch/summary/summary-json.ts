/** The summary for programs: one JSON object, with the fields of `Summary`, and a line end. */
import type { Summary } from "./summary.ts";

export function summaryJson(summary: Summary): string {
  return `${JSON.stringify(summary, undefined, 2)}\n`;
}
