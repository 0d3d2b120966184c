/** Texts that outlive their request: copied, cut, and without passwords. */

/** A line cut out of a large block keeps the whole block in memory. A copy keeps nothing else. */
export function ownCopy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** A URL to show: the password in it is nobody's business, and an endless one helps nobody. */
export function keptUrl(url: string): string {
  return ownCopy(cut(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1***@"), 500));
}

export function keptMessage(message: string): string {
  return ownCopy(cut(message, 500));
}
