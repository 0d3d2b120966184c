/** Text as man(7) wants it: what is special in roff is escaped, once, here. */

/** A line of running text. */
export function roff(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\e")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti");
  return /^[.]/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** What is to be typed as it stands: a hyphen is a minus sign there, and can be copied. */
export function typed(text: string): string {
  return roff(text).replaceAll("-", "\\-");
}

export const bold = (text: string): string => `\\fB${typed(text)}\\fR`;
export const italic = (text: string): string => `\\fI${typed(text)}\\fR`;

export const section = (title: string, lines: readonly string[]): string[] => [`.SH ${title}`, ...lines];

/** A term, and below it what it means. */
export const entry = (term: string, meaning: string): string[] => [".TP", term, meaning];

export const paragraphs = (texts: readonly string[]): string[] =>
  texts.flatMap((text, index) => [...(index === 0 ? [] : [".PP"]), roff(text)]);

/** Lines that keep their ends. */
export const asTyped = (lines: readonly string[]): string[] => [".RS 4", ".EX", ...lines.map(typed), ".EE", ".RE"];
