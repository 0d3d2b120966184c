/** Why a server did not start. */

/** The server can't listen where it was told to. */
export class ListenError extends Error {
  override readonly name: string = "ListenError";
  /** Of the system: EADDRINUSE, EACCES, EADDRNOTAVAIL, … */
  readonly code: string | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly code?: string | undefined }) {
    super(message, options);
    this.code = options?.code;
  }
}

type Address = { readonly port: number; readonly host: string } | { readonly path: string };

/** What the system said about listening there, with what to do. */
export function listenError(error: unknown, address: Address): ListenError {
  const { code, message } = error as { code?: string; message: string };
  return new ListenError(`serve: ${explained(code, address) ?? message}`, { cause: error, code });
}

function explained(code: string | undefined, address: Address): string | undefined {
  if ("path" in address) {
    const { path } = address;
    if (code === "EADDRINUSE")
      return `something listens on the socket ${path}, or did and left it: stop that, or delete the file`;
    // The same code says that the folder is missing.
    if (code === "EACCES" || code === "ENOENT")
      return `the socket ${path} can't be made: its folder does not exist, or it takes permissions that are missing`;
    return undefined;
  }
  const { port, host } = address;
  if (code === "EADDRINUSE")
    return `port ${port} of ${host} is in use: stop what listens there, or choose another port (0 takes a free one)`;
  if (code === "EACCES")
    return `no permission to listen on port ${port} of ${host}: ports below 1024 need privileges; choose a higher one`;
  if (code === "EADDRNOTAVAIL") return `${host} is not an address of this machine`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the host "${host}" can't be found`;
  return undefined;
}
