/** The public names of "@brigade/workers". */

// Tasks
export {
  type RateText,
  type RunsIn,
  type Settled,
  task,
  type TaskDefinition,
  type TaskDefinitionOptions,
  type TaskReference,
} from "./task/task.ts";
export { taskNames, type TaskNames } from "./task/task-names.ts";
export { type CurrentJob, currentJob, report, reportProgress } from "./perform/current-job.ts";

// Submitting
export { type SubmitManyOptions, type Workers, workers, type WorkersOptions } from "./client/workers.ts";
export type { AttemptOptions, SubmitOptions } from "./client/options.ts";
export type { Schedule, ScheduleOptions } from "./client/schedules.ts";
export type { DeadLetter } from "./client/dead-letters.ts";
export type { Job } from "./client/job.ts";
export type { LongDuration } from "./durations.ts";

// Serving
export { worker, type WorkerOptions, type WorkerReady } from "./worker/worker.ts";
export type { WorkerEvent } from "./worker/events.ts";

// Engines
export { bullmq, type RedisPlace } from "./engines/bullmq/index.ts";
export { engineFrom } from "./engine-from.ts";
export { local, type LocalOptions } from "./worker/local.ts";
export { pgBoss, type PostgresPlace } from "./engines/pg-boss/index.ts";
export type { Engine, JobCounts, JobState } from "./engine/engine.ts";

// Errors
export {
  EngineError,
  JobCancelledError,
  JobFailedError,
  MissingDriverError,
  type RemoteError,
  TaskModuleError,
  UnknownJobError,
} from "./errors.ts";
