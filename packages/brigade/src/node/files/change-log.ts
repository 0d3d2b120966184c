/** Changes that were seen and not read: bounded, none of them twice in a row, and what did not fit is told. */
import { Reply } from "../../border/reply.ts";

export interface FileChange {
  /**
   * "created": there is something new by that name, also in place of what was there. "changed": its content or its
   * attributes. "removed": it is gone, or moved away. "overflow": more changes than `limit` were not read, and those
   * after them are lost, so that only a look tells what there is.
   */
  readonly kind: "created" | "changed" | "removed" | "overflow";
  /** The watched path with the way from there; the watched path itself for "overflow". */
  readonly path: string;
}

export class ChangeLog {
  readonly #root: string;
  readonly #limit: number;
  #unread: FileChange[] = [];
  #read = 0; // of `#unread`, from its beginning
  readonly #last = new Map<string, FileChange>(); // of each path, the last change that was not read
  #full = false; // the last one says that some were lost
  #end: { readonly error: unknown } | undefined; // set ⇒ nothing more comes; `error` undefined: without one
  #arrival: Reply<void> | undefined; // set ⇔ somebody waits

  constructor(root: string, limit: number) {
    this.#root = root;
    this.#limit = limit;
  }

  add(change: FileChange): void {
    if (this.#end || this.#full) return;
    const last = this.#last.get(change.path)?.kind;
    if (last === change.kind || (last === "created" && change.kind === "changed")) return;
    if (this.#unread.length - this.#read >= this.#limit) {
      this.#full = true;
      this.#unread.push({ kind: "overflow", path: this.#root });
    } else {
      this.#unread.push(change);
      this.#last.set(change.path, change);
    }
    this.#arrival?.succeed();
  }

  /** Nothing more comes; what is there can be read. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#arrival?.succeed();
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** The next change; undefined if there is none yet. */
  take(): FileChange | undefined {
    const change = this.#unread[this.#read];
    if (change === undefined) return undefined;
    this.#read++;
    if (this.#read === this.#unread.length) {
      this.#unread = [];
      this.#read = 0;
      this.#full = false;
    }
    if (this.#last.get(change.path) === change) this.#last.delete(change.path);
    return change;
  }

  /** Throws the error that it ended with. */
  check(): void {
    if (this.#end?.error !== undefined) throw this.#end.error;
  }

  /** Until there is something to take, or nothing more comes. One task at a time. */
  arrival(): Reply<void> {
    const arrival = new Reply<void>("file change", this.#root);
    this.#arrival = arrival;
    if (this.#unread.length > 0 || this.#end) arrival.succeed();
    return arrival;
  }
}
