/** Pure computing: no wait in it, so that only another core makes it faster. */

/** How many primes there are below a number, by trial division: slow on purpose. */
export function primesBelow(end: number): number {
  let count = 0;
  for (let candidate = 2; candidate < end; candidate++) if (isPrime(candidate)) count++;
  return count;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}
