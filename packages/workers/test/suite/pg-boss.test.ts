import { claims } from "./claims.ts";
import { onPgBoss } from "./kinds.ts";

claims(onPgBoss);
