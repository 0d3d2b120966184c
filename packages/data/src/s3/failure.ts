/** What the SDK threw, in words: what happened, to which object, and what to do. No key and no signature is in it. */
import { bareError, withoutSecrets } from "../connections/bare-error.ts";
import { ConnectError, ConnectionLostError, QueryError } from "../errors.ts";

/** The SDK's errors: those of the server have `$metadata.httpStatusCode`, those of the network a `code`. */
interface SdkError extends Error {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** Where calls go, and what must not be told of it. */
export interface Place {
  /** "https://s3.eu-central-1.amazonaws.com" */
  readonly address: string;
  readonly secrets: readonly string[];
}

/** What was asked. */
export interface Subject {
  readonly operation: string;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
}

/** The server knows nothing of this user: nothing was done, and nothing will be until the options change. */
const UNKNOWN_USER: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: "the server does not know the access key id: check `credentials.accessKeyId`",
  SignatureDoesNotMatch: "the secret access key is wrong: check `credentials.secretAccessKey`",
  InvalidToken: "the session token is wrong: check `credentials.sessionToken`",
  ExpiredToken: "the session token is no longer valid: get new credentials",
  InvalidClientTokenId: "the server does not know the access key id: check `credentials.accessKeyId`",
  RequestTimeTooSkewed: "the clock of this machine is wrong",
  AuthorizationHeaderMalformed: "the server wants another region: check `region`",
};

/** No answer of the server's, and no connection either. */
const NOT_REACHED: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: is the server running, and is `endpoint` right?",
  ENOTFOUND: "there is no host of that name: check `endpoint` and `region`",
  EAI_AGAIN: "the name of the host can't be looked up: is there a network?",
  EHOSTUNREACH: "the host can't be reached",
  ENETUNREACH: "the network can't be reached",
  ECONNTIMEDOUT: "the host does not answer",
};

const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: "make the bucket, or check its name",
  NoSuchKey: "there is no such object",
  NoSuchUpload: "the upload was aborted, or completed already",
  AccessDenied: "this user may not do that: check the policy of the bucket and of the user",
  SlowDown: "the server is overloaded: fewer calls at once",
  EntityTooLarge: "make the object smaller, or upload it in parts",
  EntityTooSmall: "every part but the last has to have 5 MiB at least: raise `partSize`",
  InsufficientStorage: "the server's disk is full: make room there",
  XMinioStorageFull: "the server's disk is full: make room there",
  XAmzContentSHA256Mismatch: "the bytes changed on their way",
  PermanentRedirect: "the bucket is in another region: set `region`",
  PreconditionFailed: "the object is not what `ifMatch` or `ifNoneMatch` says",
  InvalidRange: "the object has no such bytes",
  BadDigest: "the bytes changed on their way",
};

/** Also of what has no body, such as the answer to a HEAD. */
const CODES_OF_STATUS: Readonly<Record<number, string>> = {
  301: "PermanentRedirect",
  403: "AccessDenied",
  404: "NotFound",
  412: "PreconditionFailed",
  416: "InvalidRange",
  503: "SlowDown",
  507: "InsufficientStorage",
};

function subjectText({ operation, bucket, key }: Subject): string {
  if (bucket === undefined) return operation;
  return `${operation} of ${key === undefined ? `bucket "${bucket}"` : `"${key}" in bucket "${bucket}"`}`;
}

/** The error that the caller gets for what the SDK threw. */
export function s3Error(error: unknown, subject: Subject, place: Place): Error {
  const source = (error instanceof Error ? error : new Error(String(error))) as SdkError;
  const cause = bareError(source, place.secrets);
  const status = source.$metadata?.httpStatusCode;
  if (status !== undefined) return answered(source, status, subject, place, cause);
  return unanswered(source, subject, place, cause);
}

function answered(source: SdkError, status: number, subject: Subject, place: Place, cause: Error): Error {
  const named = /^(Unknown|UnknownError|Error|\d+)$/.test(source.name) ? undefined : source.name;
  const code = named ?? CODES_OF_STATUS[status] ?? `HTTP${status}`;
  const wrong = UNKNOWN_USER[code];
  if (wrong !== undefined)
    return new ConnectError(`${place.address} refuses the connection: ${wrong} (${code})`, place.address, {
      code,
      cause,
    });
  const said = /^(UnknownError|)$/.test(source.message) ? `HTTP status ${status}` : cause.message;
  const advice = ADVICE[code];
  const message = `${subjectText(subject)} failed: ${said} (${code})${advice === undefined ? "" : `; ${advice}`}`;
  const details: Record<string, string> = { status: String(status) };
  if (source.$metadata?.requestId !== undefined) details["requestId"] = source.$metadata.requestId;
  return new QueryError(message, code, { cause, details });
}

function unanswered(source: SdkError, subject: Subject, { address, secrets }: Place, cause: Error): Error {
  if (/Credentials?Provider|CredentialsError|TokenProviderError/.test(source.name))
    return new ConnectError(
      `no credentials for ${address}: give s3() \`credentials\`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      address,
      { code: source.name, cause },
    );
  if (source.message.startsWith("Checksum mismatch"))
    return new QueryError(`${subjectText(subject)} failed: ${source.message}; read it again`, "BadDigest", { cause });
  const code = typeof source.code === "string" ? source.code : undefined;
  const timedOut = code === "ETIMEDOUT" && source.syscall === "connect";
  const why = timedOut ? "the host does not answer" : NOT_REACHED[code ?? ""];
  if (why !== undefined)
    return new ConnectError(`can't connect to ${address}: ${why} (${code})`, address, { code, cause });
  if (/CERT|TLS|SSL|SIGNED/.test(code ?? ""))
    return new ConnectError(`can't connect to ${address}: ${withoutSecrets(source.message, secrets)}`, address, {
      code,
      cause,
    });
  if (code === undefined && source.name !== "TimeoutError") return localError(source, subject, cause, secrets);
  const lost = `the connection to ${address} was lost during ${subjectText(subject)}`;
  return new ConnectionLostError(`${lost}: ${cause.message}`, address, true, { code, cause });
}

/** Nothing of the network: the SDK refuses its input, or the end of a body came before its end. */
function localError(source: SdkError, subject: Subject, cause: Error, secrets: readonly string[]): Error {
  if (source instanceof TypeError || source instanceof RangeError) return cause;
  const said = withoutSecrets(source.message, secrets);
  return new QueryError(`${subjectText(subject)} failed: ${said}`, source.name === "Error" ? "SdkError" : source.name, {
    cause,
  });
}
