/** What the program and a process that holds the database say to each other. Requests are answered in their order. */

/** What a request asks for: its first byte. */
export const REQUEST: {
  /** Opens the database. Settings as JSON. */
  readonly open: 1;
  /** Runs a statement for its rows or its effect. */
  readonly call: 2;
  /** Runs a text of many statements. */
  readonly exec: 3;
  /** Begins to read rows piece by piece. */
  readonly cursor: 4;
  /** The next piece. */
  readonly pull: 5;
  /** Ends a cursor before its rows end. */
  readonly drop: 6;
  /** Forgets a statement. There is no answer. */
  readonly forget: 7;
} = { open: 1, call: 2, exec: 3, cursor: 4, pull: 5, drop: 6, forget: 7 };

/** How a request stands to a transaction of the connection. */
export const STAND: {
  /** None is open before it, nor after it. */
  readonly outside: 0;
  /** It opens one. */
  readonly begins: 1;
  /** One must be open before it. */
  readonly inside: 2;
} = { outside: 0, begins: 1, inside: 2 };
export type Stand = (typeof STAND)[keyof typeof STAND];

/** What a call wants of its statement. */
export const WANTED: { readonly effect: 0; readonly row: 1; readonly rows: 2 } = { effect: 0, row: 1, rows: 2 };
export type Wanted = (typeof WANTED)[keyof typeof WANTED];

/** How parameters come. */
export const VALUES: { readonly none: 0; readonly positional: 1; readonly named: 2 } = {
  none: 0,
  positional: 1,
  named: 2,
};

/** What an answer is: its first byte. */
export const ANSWER: {
  /** Rows, with more to follow in a further answer to the same request. */
  readonly some: 1;
  /** The last rows there are. */
  readonly last: 2;
  /** A piece of a cursor that has more. */
  readonly piece: 3;
  /** What a statement has changed. */
  readonly effect: 4;
  readonly failed: 5;
} = { some: 1, last: 2, piece: 3, effect: 4, failed: 5 };

/** Whose mistake a failure is. */
export const FAILURE: {
  /** SQLite says so: a result code and its words. */
  readonly sqlite: 0;
  /** A statement or its values can't be right. */
  readonly type: 1;
  /** An integer that a number can't hold. */
  readonly range: 2;
} = { sqlite: 0, type: 1, range: 2 };

/** What the process is started with. */
export interface Opening {
  readonly path: string;
  readonly readOnly: boolean;
  readonly wal: boolean;
  readonly bigints: boolean;
  /** How long SQLite waits for another program's lock, in milliseconds. */
  readonly busyTimeout: number;
  /** Statements that every connection runs first. */
  readonly init: readonly string[];
}
