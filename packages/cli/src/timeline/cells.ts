/** Text as a terminal sets it: how many columns it takes, and what fits into how many. Names come from programs: nothing in them moves the cursor. */
import stringWidth from "string-width";
import { printable } from "../fetch/summary/printable.ts";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The text on one line, harmless, cut where it takes more columns, and how many it takes. */
export function cut(text: string, columns: number, unicode = true): { readonly text: string; readonly width: number } {
  const plain = printable(text);
  const whole = stringWidth(plain);
  if (whole <= columns) return { text: plain, width: whole };
  const mark = unicode ? "…" : "~";
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes.segment(plain)) {
    const more = stringWidth(segment);
    if (width + more > columns - 1) break;
    kept += segment;
    width += more;
  }
  return columns < 1 ? { text: "", width: 0 } : { text: `${kept}${mark}`, width: width + 1 };
}

/** The text in exactly so many columns. */
export function padded(text: string, columns: number, unicode = true): string {
  const { text: kept, width } = cut(text, columns, unicode);
  return kept + " ".repeat(Math.max(0, columns - width));
}

/** The text as lines that fit, broken between words. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && stringWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
