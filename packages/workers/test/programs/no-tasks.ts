/** A module without tasks. */
export const nothing = 1;
