/** Every error class of "brigade/node": one for each decision that a caller takes. */

// ── Bytes: sockets and the pipes of processes ──

/** The stream ended before what was asked for had come (asyncio.IncompleteReadError). */
export class IncompleteReadError extends Error {
  override readonly name: string = "IncompleteReadError";
  /** What had come; it is no longer in the reader. */
  readonly partial: Uint8Array;
  /** How many bytes were asked for; undefined if a separator was. */
  readonly expected: number | undefined;
  constructor(message: string, partial: Uint8Array, expected?: number) {
    super(message);
    this.partial = partial;
    this.expected = expected;
  }
}

/** More bytes came without the separator than the limit allows (asyncio.LimitOverrunError). They are still in the reader. */
export class LimitOverrunError extends Error {
  override readonly name: string = "LimitOverrunError";
  /** Bytes. */
  readonly limit: number;
  constructor(message: string, limit: number) {
    super(message);
    this.limit = limit;
  }
}

// ── Sockets ──

/** A socket failed. `SocketConnectError`, `SocketTlsError`, `SocketListenError` and `SocketClosedError` say at what. */
export class SocketError extends Error {
  override readonly name: string = "SocketError";
  /** Of the system, or of TLS: ECONNREFUSED, ECONNRESET, EADDRINUSE, CERT_HAS_EXPIRED, … */
  readonly code: string | undefined;
  /** Of the other end, or of this one where it was to listen: "127.0.0.1:80", "[::1]:80", "/run/app.sock". */
  readonly address: string;

  constructor(message: string, address: string, options?: ErrorOptions & { readonly code?: string | undefined }) {
    super(message, options);
    this.code = options?.code;
    this.address = address;
  }
}

/** No connection: the host is not known, no address of it answered, or not in time. */
export class SocketConnectError extends SocketError {
  override readonly name: string = "SocketConnectError";
  /** What became of each address that was tried, in the order of their ends. */
  readonly attempts: readonly SocketAttempt[];

  constructor(
    message: string,
    address: string,
    attempts: readonly SocketAttempt[],
    options?: ErrorOptions & { readonly code?: string | undefined },
  ) {
    super(message, address, options);
    this.attempts = attempts;
  }
}

/** One address that `connect` tried, and why it did not do. */
export interface SocketAttempt {
  readonly address: string;
  readonly error: Error;
}

/** There was a connection, and TLS did not come about: a certificate that is not trusted, or no TLS at the other end. */
export class SocketTlsError extends SocketError {
  override readonly name: string = "SocketTlsError";
}

/** The server can't listen where it was told to. */
export class SocketListenError extends SocketError {
  override readonly name: string = "SocketListenError";
}

/** The connection broke: the other end reset it, or went away. What had come before can still be read. */
export class SocketClosedError extends SocketError {
  override readonly name: string = "SocketClosedError";
}

// ── Processes ──

/** A command could not be started. `code` says why, as the system does: ENOENT, EACCES, E2BIG, EAGAIN, EMFILE. */
export class SpawnError extends Error {
  override readonly name: string = "SpawnError";
  readonly code: string;
  /** The command line, for people. */
  readonly command: string;
  constructor(message: string, code: string, command: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.command = command;
  }
}

/** A command ended with an exit code other than 0, or by a signal (subprocess.CalledProcessError). */
export class ExitError extends Error {
  override readonly name: string = "ExitError";
  /** The command line, for people. */
  readonly command: string;
  /** Undefined if a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string | Uint8Array;
  readonly stderr: string | Uint8Array;
  constructor(
    message: string,
    ending: Pick<ExitError, "command" | "exitCode" | "signal" | "stdout" | "stderr">,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.command = ending.command;
    this.exitCode = ending.exitCode;
    this.signal = ending.signal;
    this.stdout = ending.stdout;
    this.stderr = ending.stderr;
  }
}

/** A command wrote more than `maxOutput` bytes, and was ended. */
export class OutputLimitError extends Error {
  override readonly name: string = "OutputLimitError";
  /** The command line, for people. */
  readonly command: string;
  /** Bytes. */
  readonly limit: number;
  constructor(message: string, command: string, limit: number) {
    super(message);
    this.command = command;
    this.limit = limit;
  }
}

/** A process takes no more input: it has closed its stdin, or has ended. */
export class BrokenPipeError extends Error {
  override readonly name: string = "BrokenPipeError";
  /** The command line, for people. */
  readonly command: string;
  constructor(message: string, command: string, options?: ErrorOptions) {
    super(message, options);
    this.command = command;
  }
}

/** A process can't be ended: this program may not send signals to it. It runs on. */
export class KillError extends Error {
  override readonly name: string = "KillError";
  readonly pid: number;
  /** The command line, for people. */
  readonly command: string;
  constructor(message: string, pid: number, command: string) {
    super(message);
    this.pid = pid;
    this.command = command;
  }
}

// ── Threads and processes that compute ──

/** What is known of the end of a worker. */
export interface WorkerEnding {
  /** What the worker was. */
  readonly kind: "thread" | "process";
  /** `exit`: it called `process.exit`; `error`: something threw outside of a call, and is the `cause`; `signal`: it was killed. */
  readonly reason: "exit" | "out-of-memory" | "signal" | "error";
  /** Undefined if a signal ended it. */
  readonly exitCode: number | undefined;
  /** Undefined for threads, and for processes that exited. */
  readonly signal: NodeJS.Signals | undefined;
  /** The last that it wrote to stderr, at most 4 kB. Empty for threads, which share the stderr of the process. */
  readonly stderr: string;
}

/** A worker died while it ran a call. The call is not run again unless the pool's `retries` says so. */
export class WorkerDiedError extends Error implements WorkerEnding {
  override readonly name: string = "WorkerDiedError";
  readonly kind: WorkerEnding["kind"];
  readonly reason: WorkerEnding["reason"];
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stderr: string;
  constructor(message: string, ending: WorkerEnding, options?: ErrorOptions) {
    super(message, options);
    this.kind = ending.kind;
    this.reason = ending.reason;
    this.exitCode = ending.exitCode;
    this.signal = ending.signal;
    this.stderr = ending.stderr;
  }
}

/** An argument, a result or an item of a stream can't be cloned: it can't pass between threads or processes. */
export class CloneError extends Error {
  override readonly name: string = "CloneError";
  /** Which value, and where in it: `argument 1.options.onDone`, `the result[3]`. */
  readonly path: string;
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** As many calls wait for a worker as the pool's `queue` allows. */
export class PoolFullError extends Error {
  override readonly name: string = "PoolFullError";
  /** How many may wait. */
  readonly limit: number;
  constructor(message: string, limit: number) {
    super(message);
    this.limit = limit;
  }
}

// ── Files ──

/** The file system refused something. The message says what, to which file, and what to do where there is something to do. */
export class FileError extends Error {
  override readonly name: string = "FileError";
  /** Of the system (ENOENT, EACCES, EISDIR, ENOSPC, …), or of Node (ERR_STRING_TOO_LONG). */
  readonly code: string;
  readonly path: string;
  /** What could not be done: "read", "write", "list". */
  readonly operation: string;
  /** Bytes that were written before, where that is known. */
  readonly written: number | undefined;

  constructor(message: string, about: FileErrorInfo) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.code = about.code;
    this.path = about.path;
    this.operation = about.operation;
    this.written = about.written;
  }
}

interface FileErrorInfo {
  readonly code: string;
  readonly path: string;
  readonly operation: string;
  readonly written?: number | undefined;
  readonly cause?: unknown;
}
