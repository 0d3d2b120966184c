/** What engines and the core assume alike. */

/** How long jobs that have ended are remembered, in ms: a day. */
export const DEFAULT_KEEP = 86_400_000;
