/** What can go wrong with jobs: one class for each decision that a caller takes. */

/** A package that the engine needs is not installed. The message says which, and how to install it. */
export class MissingDriverError extends Error {
  override readonly name = "MissingDriverError";
  /** What `npm install` wants to hear. */
  readonly packages: readonly string[];
  constructor(engine: string, packages: readonly string[], options?: ErrorOptions) {
    const names = packages.join(" and ");
    super(
      `${engine} needs the package${packages.length === 1 ? "" : "s"} ${names}: npm install ${packages.join(" ")}`,
      options,
    );
    this.packages = packages;
  }
}

/** The module of a worker's tasks can't be loaded (`cause` is what it threw), exports no task, or two of the same name. */
export class TaskModuleError extends Error {
  override readonly name = "TaskModuleError";
  /** Of the module. */
  readonly address: string;
  constructor(message: string, address: string, options?: ErrorOptions) {
    super(`${address}: ${message}`, options);
    this.address = address;
  }
}

/** What keeps the jobs can't be reached, refuses, or failed. The message names the place, never a password. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}

/** A remote failure, as far as it can be told in text. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** A job has failed for the last time: it is a dead letter now. */
export class JobFailedError extends Error {
  override readonly name = "JobFailedError";
  readonly id: string;
  readonly task: string;
  /** The error of the last attempt, as the worker saw it. */
  readonly error: RemoteError;
  /** How many times it was tried. */
  readonly attempts: number;
  constructor(id: string, task: string, error: RemoteError, attempts: number) {
    const times = attempts === 1 ? "" : ` after ${attempts} attempts`;
    super(`the job ${task} (${id}) failed${times}: ${error.name}: ${error.message}`);
    this.id = id;
    this.task = task;
    this.error = error;
    this.attempts = attempts;
  }
}

/** Somebody has cancelled the job. */
export class JobCancelledError extends Error {
  override readonly name = "JobCancelledError";
  readonly id: string;
  constructor(id: string) {
    super(`the job ${id} was cancelled`);
    this.id = id;
  }
}

/** No such job is remembered: it never was, or ended longer ago than `keep`. */
export class UnknownJobError extends Error {
  override readonly name = "UnknownJobError";
  readonly id: string;
  constructor(id: string) {
    super(
      `no job ${id} is known: it was never submitted to this queue, or its result is older than "keep" of workers()`,
    );
    this.id = id;
  }
}
