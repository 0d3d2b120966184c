/** How many requests are in flight at once in the HTTP works. */
export const CONCURRENCY = 50;
