/** A module with two tasks of one name. */
import { task, type TaskDefinition } from "@brigade/workers";

export const one: TaskDefinition<[], void> = task(function same() {});
export const two: TaskDefinition<[], void> = task(() => {}, { name: "same" });
