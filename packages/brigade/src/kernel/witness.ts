/** Who is told what programs take hold of, and give back, while somebody looks for leaks. Nobody is, otherwise. */
export interface Witness {
  /** A permit of the lock or semaphore was handed out. */
  acquired(owner: object): void;
  /** One came back. */
  released(owner: object): void;
  /** A signal was made for one call, and ends with it. */
  lent(signal: AbortSignal): void;
}

export let witness: Witness | undefined;

export function witnessBy(next: Witness | undefined): void {
  witness = next;
}
