/** What `brigade jobs` has to do. */
export type JobsAction =
  | { readonly kind: "list" }
  | { readonly kind: "put-back"; readonly ids: readonly string[] | "all" }
  | { readonly kind: "discard"; readonly ids: readonly string[] | "all" }
  | { readonly kind: "cancel"; readonly ids: readonly string[] }
  | { readonly kind: "schedules" }
  | { readonly kind: "unschedule"; readonly key: string };

export interface JobsOptions {
  readonly engine: string;
  readonly queue: string;
  /** The most dead letters to list. */
  readonly limit: number;
  readonly json: boolean;
  readonly action: JobsAction;
}
