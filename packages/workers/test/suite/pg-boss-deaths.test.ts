import { deaths } from "./deaths.ts";
import { onPgBoss } from "./kinds.ts";

deaths(onPgBoss, 300);
