/** How a program hands its report over: as one line among whatever else it makes the runtime print. */

export interface Report {
  /** Where this ran, as the runtime itself says: "node 26.10.0". */
  readonly host: string;
  readonly programs: number;
  readonly mismatches: number;
  /** The first of them: a runtime that gets everything wrong has too much to say. */
  readonly examples: readonly string[];
}

const mark = "conformance-report ";

export function reportLine(report: Report): string {
  return mark + JSON.stringify(report);
}

/** The report among the lines that a runtime printed. */
export function findReport(output: string): Report | undefined {
  const line = output.split("\n").find((text) => text.startsWith(mark));
  return line === undefined ? undefined : (JSON.parse(line.slice(mark.length)) as Report);
}
