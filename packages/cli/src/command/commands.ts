/** Every command, in the order of the help. */
import type { Command } from "./command.ts";
import { fetchCommand } from "./fetch/command.ts";

export const commands: readonly Command[] = [fetchCommand];
