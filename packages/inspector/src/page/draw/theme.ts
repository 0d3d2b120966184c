/** The page's colours as a canvas takes them; they stand in the style sheet. */

const names = [
  "surface",
  "edge",
  "text",
  "quiet",
  "grid",
  "hover",
  "chosen",
  "running",
  "waiting",
  "ready",
  "blocked",
  "critical",
  "advice",
  "match",
] as const;

export type ColorName = (typeof names)[number];

export interface Theme {
  /** As a canvas takes them. */
  readonly css: Readonly<Record<ColorName, string>>;
  /** As pixels hold them: blue, green, red from the high byte down, without opacity. */
  readonly packed: Readonly<Record<ColorName, number>>;
  readonly font: string;
}

export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const css = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const packed = Object.fromEntries(names.map((name) => [name, packedColor(css[name] ?? "")]));
  return { css: css as Theme["css"], packed: packed as Theme["packed"], font: style.fontFamily };
}

/** `#rrggbb`, in the order of bytes that pixels have. */
function packedColor(color: string): number {
  const number = Number.parseInt(color.slice(1), 16) || 0;
  return ((number & 0xff) << 16) | (number & 0xff00) | (number >> 16);
}
