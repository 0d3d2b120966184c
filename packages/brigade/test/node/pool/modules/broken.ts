/** A module that can't be loaded. */
export const answer = 42;

throw new SyntaxError("the module says no");
