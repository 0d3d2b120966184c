/** SQLite's result codes: their names (https://sqlite.org/rescode.html), and what to do about those that a program can't help. */
import { QueryError } from "../errors.ts";
import { FAILURE } from "./wire/messages.ts";

/** By number. An extended code has its primary code in the low byte. */
const PRIMARY: readonly string[] = (
  "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA " +
  "TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB NOTICE WARNING"
).split(" ");

/** The second byte, where there is one, from 1 on, by the primary code. */
const EXTENDED: Readonly<Record<string, string>> = {
  ERROR: "MISSING_COLLSEQ RETRY SNAPSHOT",
  ABORT: "1 ROLLBACK",
  BUSY: "RECOVERY SNAPSHOT TIMEOUT",
  LOCKED: "SHAREDCACHE VTAB",
  READONLY: "RECOVERY CANTLOCK ROLLBACK DBMOVED CANTINIT DIRECTORY",
  IOERR:
    "READ SHORT_READ WRITE FSYNC DIR_FSYNC TRUNCATE FSTAT UNLOCK RDLOCK DELETE BLOCKED NOMEM ACCESS CHECKRESERVEDLOCK LOCK CLOSE " +
    "DIR_CLOSE SHMOPEN SHMSIZE SHMLOCK SHMMAP SEEK DELETE_NOENT MMAP GETTEMPPATH CONVPATH VNODE AUTH BEGIN_ATOMIC COMMIT_ATOMIC " +
    "ROLLBACK_ATOMIC DATA CORRUPTFS IN_PAGE",
  CORRUPT: "VTAB SEQUENCE INDEX",
  CANTOPEN: "NOTEMPDIR ISDIR FULLPATH CONVPATH DIRTYWAL SYMLINK",
  CONSTRAINT: "CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE",
  AUTH: "USER",
};

const ADVICE: Readonly<Record<string, string>> = {
  BUSY: "another program holds the database: try again, or give a longer busyTimeout",
  FULL: "the disk, or what max_page_count allows, is full: make room, then try again",
  READONLY: "the file or its folder can't be written by this user, or the database was opened with readOnly",
  NOTADB: "the file is something else, or encrypted",
  CORRUPT: "the file is damaged: restore a backup, or save what can be read with the sqlite3 program's .recover",
  CANTOPEN: "check that the folder exists and that this user may write there",
  IOERR: "the system could not read or write the file",
};

/** "SQLITE_CONSTRAINT_UNIQUE" for 2067. */
export function codeName(code: number): string {
  const primary = PRIMARY[code & 0xff] ?? String(code & 0xff);
  const extension = code >> 8 === 0 ? "" : EXTENDED[primary]?.split(" ")[(code >> 8) - 1];
  return extension ? `SQLITE_${primary}_${extension}` : `SQLITE_${primary}`;
}

/** What to do about it, where that is not in the program's hands. */
function adviceOf(code: number): string | undefined {
  return ADVICE[PRIMARY[code & 0xff] ?? ""];
}

/** Whether a connection that only reads was asked to write. */
export function asksToWrite(error: unknown): boolean {
  return error instanceof QueryError && error.code === "SQLITE_READONLY";
}

/** The error that a failed answer says, of the statement, on the database at the path. */
export function failureOf(
  failure: number,
  code: number,
  message: string,
  path: string,
  sql: string | undefined,
): Error {
  const of = sql === undefined ? "" : `, in: ${sql.length > 200 ? `${sql.slice(0, 200)}…` : sql}`;
  if (failure === FAILURE.range) {
    return new RangeError(`${message}; the option bigints reads integers as bigints${of}`);
  }
  if (failure === FAILURE.type) return new TypeError(`${message}${of}`);
  const advice = adviceOf(code);
  const details = { path, ...(sql !== undefined && { sql }) };
  return new QueryError(advice ? `${message}: ${advice} (${path})` : `${message}${of}`, codeName(code), { details });
}
