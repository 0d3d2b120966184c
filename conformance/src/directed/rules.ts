/** Programs for single rules of the semantics, where several operations play together. */
import type { Program } from "../program.ts";
import { scopeRules } from "./rules/scopes.ts";
import { taskRules } from "./rules/tasks.ts";
import { thingRules } from "./rules/things.ts";

export const rules: Readonly<Record<string, Program>> = { ...taskRules, ...scopeRules, ...thingRules };
