/** A driver's error with what it says, and nothing that hangs on it: options, parameters, sockets, passwords. */

/** A new error with the name, message, code and stack of the driver's. Each of `secrets` is taken out of its texts. */
export function bareError(error: unknown, secrets: readonly string[] = []): Error {
  const source = error instanceof Error ? error : new Error(String(error));
  const bare = new Error(withoutSecrets(source.message, secrets));
  const stack = withoutSecrets(source.stack ?? "", secrets);
  const own = { configurable: true, enumerable: false, writable: true };
  Object.defineProperty(bare, "name", { ...own, value: source.name });
  Object.defineProperty(bare, "stack", { ...own, value: stack });
  const { code } = source as { readonly code?: unknown };
  if (typeof code === "string") Object.defineProperty(bare, "code", { ...own, value: withoutSecrets(code, secrets) });
  return bare;
}

/** Also as a URL has them, and whatever stands before the @ of one. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1");
  for (const secret of secrets) {
    if (secret === "") continue;
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]))
      clean = clean.replaceAll(form, "…");
  }
  return clean;
}
