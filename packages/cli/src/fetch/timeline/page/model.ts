/**
 * What the page of a timeline is made of. The page is one file without imports: every class and function in this folder
 * uses nothing but its own parameters and the browser, so that its source can be put into the page as it is.
 */

/** A bar as it stands in the page's data: URL, host, status, error, message, attempts, bytes, and six times. */
export type PageRow = readonly [
  url: string,
  host: string,
  status: number,
  error: string,
  message: string,
  attempts: number,
  bytes: number,
  began: number,
  waiting: number,
  retries: number,
  connect: number,
  response: number,
  body: number,
];

export interface PageData {
  /** Milliseconds: where the picture ends. */
  readonly end: number;
  readonly rows: readonly PageRow[];
}

export type Part = "waiting" | "retries" | "connect" | "response" | "body";

export interface PageBar {
  readonly url: string;
  readonly host: string;
  /** 0: no response. */
  readonly status: number;
  /** Empty: it succeeded. */
  readonly error: string;
  readonly message: string;
  readonly attempts: number;
  readonly bytes: number;
  readonly began: number;
  readonly parts: Readonly<Record<Part, number>>;
  /** When it left for the server. */
  readonly start: number;
  readonly end: number;
  lane: number;
  matches: boolean;
}

export interface Formats {
  readonly duration: (milliseconds: number) => string;
  readonly bytes: (bytes: number) => string;
  readonly count: (count: number) => string;
}
