/** "brigade/testing": what makes programs of the runtime testable. */
export { ExplorationError, type Replay } from "./exploration-error.ts";
export { type Exploration, explore, replay } from "./explore.ts";
export type { ExploreOptions } from "./explore-options.ts";
export { LeakError } from "./leak-watch.ts";
export { assertNoLeaks } from "./leaks.ts";
export { type VirtualClock, virtualClock } from "./virtual-clock.ts";
