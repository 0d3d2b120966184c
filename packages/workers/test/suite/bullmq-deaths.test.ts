import { deaths } from "./deaths.ts";
import { onBullmq } from "./kinds.ts";

deaths(onBullmq, 1000);
