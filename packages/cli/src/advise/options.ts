/** What `brigade advise` is asked to do. */
export interface AdviseOptions {
  readonly file: string;
  readonly json: boolean;
  /** Milliseconds: what saves less is left out. Undefined: the default of `advise`. */
  readonly minSaving: number | undefined;
  readonly width: number;
  readonly colors: boolean;
}
