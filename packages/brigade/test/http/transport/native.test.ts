/** The transport of hosts with a fetch of their own, with the globals of such a host put in place. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TransportSettings } from "brigade/http";
import { afterEach, expect, test, vi } from "vitest";
import { isBrowser } from "../../../src/http/transport/of-fetch.ts";
import { defaultTransport } from "../../../src/http/transport/native.ts";
import { get, Told } from "./told.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

const plain: TransportSettings = {
  connectionsPerHost: 100,
  proxy: undefined,
  http2: false,
  maxHeaderBytes: 65_536,
  tls: undefined,
  connectTimeout: 10_000,
};

/** What the host's fetch is asked for. */
async function asked(settings: TransportSettings): Promise<Record<string, unknown>> {
  let init: RequestInit | undefined;
  vi.stubGlobal("fetch", async (_url: string, given: RequestInit) => {
    init = given;
    return new Response("hello");
  });
  const told = new Told();
  defaultTransport(settings).send(get("http://a/"), told);
  await told.until("ended");
  return init as unknown as Record<string, unknown>;
}

function asInBrowser(): void {
  vi.stubGlobal("process", undefined);
  vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0" });
  vi.stubGlobal("document", {});
}

test("Node with a document of jsdom is no browser; a page, a worker of a page and an edge worker are told apart", () => {
  vi.stubGlobal("document", {});
  expect(isBrowser()).toBe(false);
  asInBrowser();
  expect(isBrowser()).toBe(true);
  vi.stubGlobal("document", undefined);
  expect(isBrowser()).toBe(false);
  vi.stubGlobal("location", {});
  expect(isBrowser()).toBe(true);
  vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
  expect(isBrowser()).toBe(false);
});

test("a browser can't be given a proxy or certificates, and says so", () => {
  asInBrowser();
  expect(() => defaultTransport({ ...plain, proxy: "http://proxy:8080" })).toThrow(/proxy: fetch in a browser/);
  expect(() => defaultTransport({ ...plain, tls: { verify: false } })).toThrow(/tls: fetch in a browser/);
});

test("Bun's fetch has no bound of its own on silence, and takes no proxy from the environment", async () => {
  vi.stubGlobal("Bun", {});
  expect(await asked(plain)).toMatchObject({ timeout: false, proxy: false, redirect: "manual" });
});

test("Bun's fetch is given the proxy and the certificates that were asked for", async () => {
  vi.stubGlobal("Bun", {});
  expect(await asked({ ...plain, proxy: "environment" })).not.toHaveProperty("proxy");
  const init = await asked({ ...plain, proxy: "http://u:p@proxy:1", tls: { ca: "PEM", verify: false } });
  expect(init).toMatchObject({ proxy: "http://u:p@proxy:1", tls: { ca: "PEM", rejectUnauthorized: false } });
  expect(init["tls"]).not.toHaveProperty("cert");
});

const packageFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** Where an import of the package's own leads under these conditions. */
function resolved(name: string, ...conditions: readonly string[]): string {
  const flags = conditions.map((condition) => `--conditions=${condition}`);
  const program = ["--input-type=module", "-e", `console.log(import.meta.resolve("${name}"))`];
  const env = { ...process.env, NODE_OPTIONS: "" };
  const url = execFileSync(process.execPath, [...flags, ...program], { cwd: packageFolder, env, encoding: "utf8" });
  return fileURLToPath(url.trim()).slice(join(packageFolder, "/").length);
}

test("#transport leads to undici on Node and to fetch elsewhere, in the sources and in what is installed", () => {
  expect(resolved("#transport", "@brigade/source")).toBe("src/http/transport/undici.ts");
  expect(resolved("#transport")).toBe("dist/http/transport/undici.js");
  for (const host of ["bun", "browser", "workerd", "edge-light"]) {
    expect(resolved("#transport", "@brigade/source", host), host).toBe("src/http/transport/native.ts");
    expect(resolved("#transport", host), host).toBe("dist/http/transport/native.js");
  }
});

test("#listen leads to node:http, and where nothing can listen to an error that says so", () => {
  expect(resolved("#listen", "@brigade/source", "bun")).toBe("src/http/server/listen.ts");
  expect(resolved("#listen")).toBe("dist/http/server/listen.js");
  expect(resolved("#listen", "@brigade/source", "browser")).toBe("src/http/server/listen-nowhere.ts");
  expect(resolved("#listen", "browser")).toBe("dist/http/server/listen-nowhere.js");
});
