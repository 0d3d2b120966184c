/** Why a run ends before its URLs do: one line for the person at the terminal, and an exit code. */

export class FetchStop extends Error {
  override readonly name: string = "FetchStop";
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 2;
  }
}

/** Whoever read the output has gone: nothing is wrong, and nobody is left to tell. */
export class ReaderGone extends FetchStop {
  override readonly name: string = "ReaderGone";

  constructor() {
    super("nobody reads the output any more", { exitCode: 1 });
  }
}

/** The first failure of a run with --fail-fast. */
export class FirstFailure extends FetchStop {
  override readonly name: string = "FirstFailure";

  constructor(url: string, why: string) {
    super(`stopped by --fail-fast: ${url}: ${why}`, { exitCode: 1 });
  }
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: make room, then go on with --resume",
  EDQUOT: "your disk quota is used up: make room, then go on with --resume",
  EFBIG: "the file has reached the size that this system allows: go on with another file",
  EIO: "the disk reports an error: check it, then go on with --resume",
  EACCES: "you may not write there: choose another place, or change its permissions",
  EPERM: "you may not write there: choose another place, or change its permissions",
  EROFS: "the disk is read-only: choose another place",
  EISDIR: "it is a folder: give the name of a file",
  ENOTDIR: "a part of its path is a file, not a folder: choose another place",
  ENOENT: "its folder is not there: make it first",
  EMFILE: "this process has no file descriptor left: raise `ulimit -n`, or lower --concurrency",
  ENFILE: "this machine has no file descriptor left: lower --concurrency",
};

const readAdvice: Readonly<Record<string, string>> = {
  EACCES: "you may not read it: change its permissions",
  EPERM: "you may not read it: change its permissions",
  EISDIR: "it is a folder: give a file with one URL on each line",
  ENOENT: "there is no such file: check the name",
};

export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** A file that can't be written. Code and advice stand in it. */
export function unwritable(path: string, error: unknown): FetchStop {
  const code = codeOf(error);
  if (code === "EPIPE") return new ReaderGone();
  const why = (code && advice[code]) ?? (error instanceof Error ? error.message : String(error));
  return new FetchStop(`can't write ${path}: ${why}${code ? ` (${code})` : ""}`, { cause: error });
}

/** A file that can't be read. */
export function unreadable(path: string, error: unknown): FetchStop {
  const code = codeOf(error);
  const why = (code && readAdvice[code]) ?? (error instanceof Error ? error.message : String(error));
  return new FetchStop(`can't read ${path}: ${why}${code ? ` (${code})` : ""}`, { cause: error });
}
