/** What `brigade inspect` has to do. */
import type { ProcessTarget } from "../attach/attach.ts";

/** What the page shows. */
export type Subject =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "program"; readonly target: ProcessTarget }
  | { readonly kind: "programs" };

export interface InspectOptions {
  readonly subject: Subject;
  /** 0: a free one. */
  readonly port: number;
  /** Opens the page in a browser. */
  readonly open: boolean;
}
