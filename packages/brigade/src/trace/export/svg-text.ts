/** Text in a picture: shown as it is, whatever stands in it. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** What XML does not allow in a document, escaped or not; a surrogate without its other half among it. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** The text as character data. */
export function markup(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** The text, cut where it does not fit into this many pixels, at `each` pixels a character. */
export function fitted(text: string, pixels: number, each: number): string {
  const room = Math.max(1, Math.floor(pixels / each));
  if (text.length <= room) return text;
  const characters = Array.from(new Intl.Segmenter().segment(text.slice(0, 1_000)), ({ segment }) => segment);
  return characters.length <= room ? text : `${characters.slice(0, room - 1).join("")}…`;
}

/** "250 µs", "5 ms", "1.25 s", "2 min", "3 h" */
export function durationText(milliseconds: number): string {
  if (milliseconds === 0) return "0";
  if (milliseconds < 0.9995) return `${digits(milliseconds * 1_000)} µs`;
  if (milliseconds < 999.5) return `${digits(milliseconds)} ms`;
  if (milliseconds < 119_950) return `${digits(milliseconds / 1_000)} s`;
  if (milliseconds < 7_197_000) return `${digits(milliseconds / 60_000)} min`;
  return `${digits(milliseconds / 3_600_000)} h`;
}

function digits(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** Round numbers from 0 up to `length`, about `count` of them. */
export function steps(length: number, count: number): number[] {
  if (!(length > 0)) return [0];
  const least = length / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}
