/** What samples of a process's memory say of its growth. */

export interface Sample {
  /** How much of the work was done when it was taken: URLs, or bytes. */
  readonly progress: number;
  /** Megabytes of a million bytes. */
  readonly resident: number;
}

interface SettledMemory {
  /** The first sample that counts. */
  readonly settled: Sample;
  readonly least: number;
  readonly most: number;
}

/** Of the samples from so much work on. A process that has done all of it is about to end, and gives memory back. */
export function settledMemory(samples: readonly Sample[], from: number, count: number): SettledMemory {
  const later = samples.filter(({ progress }) => progress >= from && progress < count);
  const [settled] = later;
  if (settled === undefined)
    throw new Error(`No sample was taken after ${from.toLocaleString("en")} of ${count.toLocaleString("en")}.`);
  const residents = later.map(({ resident }) => resident);
  return { settled, least: Math.min(...residents), most: Math.max(...residents) };
}
