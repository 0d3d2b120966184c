/** "brigade/testing": what makes programs of the runtime testable. */
export { type VirtualClock, virtualClock } from "./virtual-clock.ts";
