/** Numbers for people. Each function stands on its own: the page of the timeline takes their source. */

/** `0.4 ms`, `48 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9.95) return `${Number(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9_995) return `${Number((milliseconds / 1_000).toFixed(2))} s`;
  if (milliseconds < 59_950) return `${Number((milliseconds / 1_000).toFixed(1))} s`;
  const seconds = Math.round(milliseconds / 1_000);
  const [size, unit, smaller, smallerUnit] =
    seconds < 3_600 ? [60, "min", 1, "s"] : seconds < 86_400 ? [3_600, "h", 60, "min"] : [86_400, "d", 3_600, "h"];
  const small = Math.floor((seconds % size) / smaller);
  return `${Math.floor(seconds / size)} ${unit}${small === 0 ? "" : ` ${small} ${smallerUnit}`}`;
}

/** `512 B`, `9.8 MB`: thousands, as disks and networks count. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** `12,345`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `805/s`, `4.2/s`, `0.3/s`. */
export function formatRate(perSecond: number): string {
  const digits = perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : "";
  if (digits === "0.0") return "<0.1/s";
  return `${digits === "" ? String(Math.round(perSecond)).replace(/\B(?=(\d{3})+$)/g, ",") : digits}/s`;
}
