/** The public names of "brigade/node". */
export { IncompleteReadError, LimitOverrunError } from "./errors.ts";
export type { ByteReader, LimitOptions } from "./bytes/reader.ts";
export type { ByteWriter } from "./bytes/writer.ts";
export {
  type BlockedLoop,
  watchBlocking,
  type WatchBlockingOptions,
  type Watchdog,
} from "./watchdog/watch-blocking.ts";

// Files
export { FileError } from "./errors.ts";
export type { FileChange } from "./files/change-log.ts";
export { readLines, type LinesOptions } from "./files/lines.ts";
export type { FileData } from "./files/output.ts";
export type { Path, TextEncoding } from "./files/path.ts";
export {
  type ChunksOptions,
  readBytes,
  type ReadBytesOptions,
  readChunks,
  readText,
  type ReadTextOptions,
} from "./files/read.ts";
export { tempDir, type TempDirOptions } from "./files/temp-dir.ts";
export { type EntryKind, walk, type WalkEntry, type WalkOptions } from "./files/walk.ts";
export { watch, type WatchOptions } from "./files/watch.ts";
export { append, appendLine, write, type WriteOptions } from "./files/write.ts";
export { writeAtomic, type WriteAtomicOptions } from "./files/write-atomic.ts";
export type { SocketAttempt } from "./errors.ts";
export { SocketClosedError, SocketConnectError, SocketError, SocketListenError, SocketTlsError } from "./errors.ts";
export type { SocketAddress } from "./sockets/address.ts";
export { connect } from "./sockets/connect.ts";
export type { Connection } from "./sockets/connection.ts";
export { type DatagramOptions, datagrams, type MulticastOptions } from "./sockets/datagram-socket.ts";
export type { Datagram, DatagramSocket, DatagramTarget } from "./sockets/datagrams.ts";
export type { HostAddress } from "./sockets/dial.ts";
export { listen, type ListenHooks } from "./sockets/listen.ts";
export type { ConnectionOptions, ConnectOptions, ListenOptions, TcpPlace, UnixPlace } from "./sockets/options.ts";
export type { ConnectionHandler, SocketServer } from "./sockets/server.ts";
export { startTls } from "./sockets/start-tls.ts";
export type { ClientTlsOptions, ServerTlsOptions, TlsState } from "./sockets/tls.ts";
export { signals } from "./signals/signals.ts";

// Processes
export { BrokenPipeError, ExitError, KillError, OutputLimitError, SpawnError } from "./errors.ts";
export type { ExitStatus } from "./process/child.ts";
export type { Encoding } from "./process/collected.ts";
export { exec } from "./process/exec.ts";
export type { ExecOptions, ExecResult, PipelineResult, Stage, StageResult } from "./process/exec-options.ts";
export type { ProcessOptions, Stdio } from "./process/options.ts";
export { pipeline } from "./process/pipeline.ts";
export { spawn, type SpawnOptions, type Subprocess } from "./process/subprocess.ts";

// Threads and processes that compute
export { CloneError, PoolFullError, WorkerDiedError, type WorkerEnding } from "./errors.ts";
export type { ResourceLimits } from "./pool/channel.ts";
export { processPool, threadPool } from "./pool/pool.ts";
export { transfer } from "./pool/transfer.ts";
export type {
  CallArguments,
  CallName,
  CallResult,
  MapName,
  Pool,
  PoolMapOptions,
  PoolOptions,
  StreamItem,
  StreamName,
  UnknownModule,
} from "./pool/types.ts";
export { workerSignal } from "./pool/worker-call.ts";
export { toThread } from "./inline/to-thread.ts";
