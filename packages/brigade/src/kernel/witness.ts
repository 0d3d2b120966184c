/** Who is told what programs take hold of, and give back: while somebody looks for leaks, or records. Nobody is, otherwise. */
export interface Witness {
  /** A permit of the lock or semaphore was handed out. */
  acquired?(owner: object): void;
  /** One came back. */
  released?(owner: object): void;
  /** A signal was made for one call, and ends with it. */
  lent?(signal: AbortSignal): void;
  /** An item went into the queue. */
  put?(queue: object): void;
  /** An item left it. */
  got?(queue: object): void;
}

const told = new Set<Witness>(); // not empty ⇔ `witness` is set

const all: Required<Witness> = {
  acquired: (owner) => {
    for (const one of told) one.acquired?.(owner);
  },
  released: (owner) => {
    for (const one of told) one.released?.(owner);
  },
  lent: (signal) => {
    for (const one of told) one.lent?.(signal);
  },
  put: (queue) => {
    for (const one of told) one.put?.(queue);
  },
  got: (queue) => {
    for (const one of told) one.got?.(queue);
  },
};

/** Tells all who want to know. */
export let witness: Required<Witness> | undefined;

/** Tells this one too, from now on. */
export function addWitness(one: Witness): void {
  told.add(one);
  witness = all;
}

export function removeWitness(one: Witness): void {
  told.delete(one);
  if (told.size === 0) witness = undefined;
}
