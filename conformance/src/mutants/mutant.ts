/** What a mutant is: one line of the runtime, changed so that it breaks one promise. */
export interface Mutant {
  readonly name: string;
  /** The sentence that it breaks. */
  readonly promise: string;
  /** Below packages/brigade/src. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Files below packages/brigade/test whose claims it breaks. */
  readonly unit: readonly string[];
}

/** The source with the mutant in it. Throws when its text does not stand there exactly once. */
export function mutated(source: string, { name, file, find, replace }: Mutant): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  const often = parts.length === 1 ? "not there" : `there ${parts.length - 1} times`;
  throw new Error(
    `mutant "${name}": its text is ${often} in packages/brigade/src/${file}; it has to stand there once. ` +
      `Give the mutant a text that does:\n${find}`,
  );
}
