/** Which trace is to be written as what, and where to; checked. */

export const formats = ["chrome", "svg", "json"] as const;
export type Format = (typeof formats)[number];

export interface ExportOptions {
  readonly file: string;
  readonly format: Format;
  /** Stdout unless given. */
  readonly output: string | undefined;
}
