/** What the works of pools have done elsewhere: functions of a module, the same for every pool. */

/** A call that costs what a call costs. */
export function increment(value: number): number {
  return value + 1;
}

/** A job for a processor alone: so many steps, without memory. The result depends on each of them. */
export function spin(steps: number): number {
  let state = 1;
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}
