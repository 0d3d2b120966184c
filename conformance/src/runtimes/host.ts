/** Which runtime this is, as it says itself. */

interface Hosts {
  readonly Deno?: { readonly version: { readonly deno: string } };
  readonly Bun?: { readonly version: string };
  readonly process?: { readonly versions: { readonly node: string } };
  readonly navigator?: { readonly userAgent: string };
}

/** Deno and Bun pretend to be Node, and Node has a navigator: so they are asked in this order. */
export function describeHost(): string {
  const { Deno, Bun, process, navigator } = globalThis as unknown as Hosts;
  if (Deno !== undefined) return `deno ${Deno.version.deno}`;
  if (Bun !== undefined) return `bun ${Bun.version}`;
  if (process !== undefined) return `node ${process.versions.node}`;
  return `chromium ${/Chrome\/(\d+)/.exec(navigator?.userAgent ?? "")?.[1] ?? "of an unknown version"}`;
}
