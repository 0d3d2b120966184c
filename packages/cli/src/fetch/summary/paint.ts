/** Colours where the terminal has them, and none where it has not or where NO_COLOR says so. */
import { styleText } from "node:util";
import type { WriteStream } from "node:tty";

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

export function painter(colors: boolean): Paint {
  // Whether there are colours has been decided; the text may go to any stream.
  return colors ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/** NO_COLOR, FORCE_COLOR and TERM=dumb are heeded by `hasColors`. */
export function hasColors(stream: NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "hasColors">>): boolean {
  return stream.isTTY === true && stream.hasColors?.() === true;
}
