import { claims } from "./claims.ts";
import { onLocal } from "./kinds.ts";

claims(onLocal);
