/** What a server's process has done so far. */
export const served: { requests: number } = { requests: 0 };
