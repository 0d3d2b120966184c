/** A line for each of the busiest hosts. Where the terminal is narrow, the less important columns go. */
import { formatCount, formatRate } from "../summary/format.ts";
import type { Paint } from "../summary/paint.ts";
import { printable } from "../summary/printable.ts";
import type { Line } from "./live-region.ts";
import type { HostLine, RunState } from "./state.ts";

interface Column {
  readonly title: string;
  /** The first to go has the highest. */
  readonly rank: number;
  readonly of: (host: HostLine) => string;
  readonly red?: (host: HostLine) => boolean;
}

const columnsOfHosts: readonly Column[] = [
  { title: "in flight", rank: 3, of: ({ inFlight }) => formatCount(inFlight) },
  { title: "waiting", rank: 4, of: ({ waiting }) => formatCount(waiting) },
  {
    title: "limit",
    rank: 5,
    of: ({ limit }) => (limit === undefined || limit === Infinity ? "-" : formatCount(limit)),
  },
  { title: "done", rank: 0, of: ({ done }) => formatCount(done) },
  { title: "failed", rank: 1, of: ({ failed }) => formatCount(failed), red: ({ failed }) => failed > 0 },
  { title: "rate", rank: 2, of: ({ rate }) => formatRate(rate) },
];

const gap = 2;
const narrowestHost = 16;

export function hostTable({ hosts, moreHosts }: RunState, columns: number, paint: Paint): Line[] {
  const names = hosts.map(({ host }) => printable(host));
  const wanted = Math.max("host".length, ...names.map((name) => name.length));
  const widthOf = (column: Column): number =>
    Math.max(column.title.length, ...hosts.map((host) => column.of(host).length)) + gap;
  let shown = [...columnsOfHosts];
  const room = (): number => columns - shown.reduce((sum, column) => sum + widthOf(column), 0);
  while (shown.length > 0 && room() < Math.min(wanted, narrowestHost)) {
    const last = Math.max(...shown.map(({ rank }) => rank));
    shown = shown.filter(({ rank }) => rank !== last);
  }
  const hostWidth = Math.max(1, Math.min(wanted, room()));
  const width = hostWidth + shown.reduce((sum, column) => sum + widthOf(column), 0);
  const head = shown.map((column) => column.title.padStart(widthOf(column))).join("");
  const lines: Line[] = [{ text: paint("dim", shortened("host", hostWidth) + head), width }];
  hosts.forEach((host, index) => {
    const cells = shown.map((column) => {
      const cell = column.of(host).padStart(widthOf(column));
      return column.red?.(host) === true ? paint("red", cell) : cell;
    });
    lines.push({ text: shortened(names[index] ?? "", hostWidth) + cells.join(""), width });
  });
  if (moreHosts > 0) {
    const more = `and ${formatCount(moreHosts)} more`.slice(0, columns);
    lines.push({ text: paint("dim", more), width: more.length });
  }
  return lines;
}

/** The end of a host's name tells more than its start: `…tiles.example.com:443`. */
function shortened(name: string, width: number): string {
  if (name.length <= width) return name.padEnd(width);
  return width === 1 ? "~" : `~${name.slice(name.length - width + 1)}`;
}
