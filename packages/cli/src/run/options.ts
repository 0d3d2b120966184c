/** What a run is asked to do, checked. */

export interface RunFileOptions {
  readonly file: string;
  /** For main, and in process.argv. */
  readonly args: readonly string[];
  /** Where the trace goes. */
  readonly trace: string | undefined;
  readonly advise: boolean;
  /** Where the flight recorder goes when something goes wrong. */
  readonly flight: string | undefined;
  readonly inspect: boolean;
  readonly watchBlocking: boolean;
  readonly debug: boolean;
  readonly virtual: boolean;
  /** Milliseconds of real time. */
  readonly timeout: number | undefined;
  /** How many schedules. */
  readonly explore: number | undefined;
  /** A schedule that was found. */
  readonly replay: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Of stderr. */
  readonly width: number;
}
