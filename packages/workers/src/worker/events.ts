/** What a worker tells of itself. */

/** What became of an attempt, or trouble that ends nothing, such as a lost connection that is being restored. */
export type WorkerEvent =
  | { readonly kind: "trouble"; readonly message: string; readonly error: unknown }
  | { readonly kind: "started"; readonly id: string; readonly task: string; readonly attempt: number }
  | {
      /** "failed": it will be tried again. */
      readonly kind: "completed" | "failed" | "dead" | "cancelled" | "handed-back";
      readonly id: string;
      readonly task: string;
      readonly attempt: number;
      /** How long the attempt took. */
      readonly ms: number;
      /** Of "failed" and "dead": name and message. */
      readonly error?: string;
    };

/** Where trouble goes unless somebody listens. */
export function told(message: string, error: unknown): void {
  console.error(`@brigade/workers: ${message}: ${error instanceof Error ? error.message : String(error)}`);
}
