/** Which queue a command is about. */
import { type Setting, settingWithDefault } from "./settings.ts";
import { engine } from "./values/engine.ts";

export const engineSetting: Setting<string> = settingWithDefault(
  ["--engine"],
  engine(),
  "local",
  "What keeps the jobs: bullmq or redis://…, pg-boss or postgres://…, local or local:FOLDER. The bare names mean REDIS_URL, " +
    "DATABASE_URL, and the folder .brigade.",
);
