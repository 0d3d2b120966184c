/** Text on a canvas: how wide it is, and as much of it as there is room for. */

const widths = new Map<string, number>(); // measuring a text costs more than drawing it
const MOST_WIDTHS = 5_000;

export function widthOf(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size >= MOST_WIDTHS) widths.clear();
    widths.set(key, (width = context.measureText(text).width));
  }
  return width;
}

/** As much of the text as there is room for; nothing rather than a letter or two. */
export function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (text.length > 200) return fitted(context, `${text.slice(0, 199)}…`, room);
  const width = widthOf(context, text);
  if (width <= room) return text;
  const characters = Math.floor((text.length * room) / width) - 1;
  return characters < 3 ? "" : `${text.slice(0, characters)}…`;
}
