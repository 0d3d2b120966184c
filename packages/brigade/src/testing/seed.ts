/** A schedule as a line of text that can be copied: what `explore` prints, and `replay` takes. */

/** What a schedule was run with, as far as its choices depend on it. */
export interface Plan {
  /** Without the zeros at the end. */
  readonly choices: readonly number[];
  readonly cancelAnywhere: boolean;
  readonly leaks: boolean;
  readonly maxSteps: number;
}

export const DEFAULT_MAX_STEPS = 10_000;

const FORMAT = /^s1(?<flags>[cl]*)(?:m(?<steps>[0-9a-z]+))?(?<choices>(?:-[0-9a-z]+\.[0-9a-z]+)*)$/;

/** `s1`, what it was run with, and for each choice that is not 0 how many zeros stand before it, and what it is, in base 36. */
export function encode({ choices, cancelAnywhere, leaks, maxSteps }: Plan): string {
  let text = `s1${cancelAnywhere ? "c" : ""}${leaks ? "l" : ""}`;
  if (maxSteps !== DEFAULT_MAX_STEPS) text += `m${maxSteps.toString(36)}`;
  let zeros = 0;
  for (const choice of choices) {
    if (choice === 0) zeros++;
    else {
      text += `-${zeros.toString(36)}.${choice.toString(36)}`;
      zeros = 0;
    }
  }
  return text;
}

/** Throws `RangeError` for what `encode` did not make. */
export function decode(seed: string): Plan {
  const groups = typeof seed === "string" ? FORMAT.exec(seed)?.groups : undefined;
  if (groups === undefined) {
    throw new RangeError(`replay: "${seed}" is no schedule; give it the seed of an ExplorationError, such as "s1-3.1"`);
  }
  const choices: number[] = [];
  for (const part of (groups["choices"] ?? "").split("-").slice(1)) {
    const [zeros = 0, choice = 0] = part.split(".").map((digits) => Number.parseInt(digits, 36));
    if (choices.length + zeros > 10_000_000)
      throw new RangeError("replay: the seed names more choices than a schedule has");
    for (let i = 0; i < zeros; i++) choices.push(0);
    choices.push(choice);
  }
  const flags = groups["flags"] ?? "";
  const maxSteps = groups["steps"] === undefined ? DEFAULT_MAX_STEPS : Number.parseInt(groups["steps"], 36);
  return { choices, cancelAnywhere: flags.includes("c"), leaks: flags.includes("l"), maxSteps };
}
