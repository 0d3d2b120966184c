/** What `brigade worker` has to do. */
export interface WorkerOptions {
  /** The file with the tasks; undefined with `fetch`. */
  readonly file: string | undefined;
  /** Makes the requests of `brigade fetch --engine`. */
  readonly fetch: boolean;
  readonly engine: string;
  readonly queue: string | undefined;
  readonly concurrency: number;
  /** Milliseconds. */
  readonly grace: number;
  readonly lease: number;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}
