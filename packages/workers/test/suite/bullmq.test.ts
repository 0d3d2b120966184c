import { claims } from "./claims.ts";
import { onBullmq } from "./kinds.ts";

claims(onBullmq);
