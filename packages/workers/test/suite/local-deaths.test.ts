import { deaths } from "./deaths.ts";
import { onLocal } from "./kinds.ts";

deaths(onLocal, 200);
