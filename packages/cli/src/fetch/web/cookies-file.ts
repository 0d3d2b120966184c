/** Cookies in a file, in the format of Netscape's cookies.txt that browsers' extensions, curl and wget read and write. */
import { randomUUID } from "node:crypto";
import { readFile, rename, unlink, writeFile } from "node:fs/promises";
import { Cookie, CookieJar } from "tough-cookie";
import { codeOf, FetchStop, unreadable, unwritable } from "../stop.ts";

const httpOnlyMark = "#HttpOnly_";
const title = "# Netscape HTTP Cookie File";

/** The cookies of the file; none when there is no such file yet. */
export async function readCookies(path: string): Promise<CookieJar> {
  const jar = new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: false });
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "";
    throw unreadable(path, error);
  });
  for (const [number, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || (line.startsWith("#") && !line.startsWith(httpOnlyMark))) continue;
    const { cookie, url } = cookieOf(line, `${path}, line ${number + 1}`);
    await jar.setCookie(cookie, url, { ignoreError: true });
  }
  return jar;
}

function cookieOf(line: string, place: string): { cookie: Cookie; url: string } {
  const httpOnly = line.startsWith(httpOnlyMark);
  const fields = (httpOnly ? line.slice(httpOnlyMark.length) : line).split("\t");
  const [domain = "", subdomains, path = "/", secure, expires, name = "", value = ""] = fields;
  if (fields.length < 6 || domain === "" || Number.isNaN(Number(expires))) {
    throw new FetchStop(
      `${place}: this is no cookie: 7 fields with tabs between them are expected (Netscape's cookies.txt)`,
    );
  }
  const host = domain.replace(/^\./, "");
  const cookie = new Cookie({
    key: name,
    value,
    // A cookie of one host alone has no domain of its own.
    domain: subdomains === "TRUE" ? host : null,
    path,
    secure: secure === "TRUE",
    httpOnly,
    expires: Number(expires) === 0 ? "Infinity" : new Date(Number(expires) * 1_000),
  });
  return { cookie, url: `${secure === "TRUE" ? "https" : "http"}://${host}${path}` };
}

/** All at once: whoever reads the file sees the old cookies or the new ones. */
export async function writeCookies(path: string, jar: CookieJar): Promise<void> {
  const { cookies } = await jar.serialize();
  const now = Date.now();
  const kept = cookies.map((cookie) => Cookie.fromJSON(cookie)).filter((cookie) => cookie !== undefined);
  const lines = kept.filter((cookie) => (cookie.expiryTime() ?? Infinity) > now).map(lineOf);
  const text = [title, "", ...lines, ""].join("\n");
  const temporary = `${path}.${process.pid}.${randomUUID()}`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw unwritable(path, error);
  }
}

function lineOf(cookie: Cookie): string {
  const { domain, hostOnly, path, secure, httpOnly, key, value } = cookie;
  const time = cookie.expiryTime() ?? Infinity;
  const expires = time === Infinity ? 0 : Math.round(time / 1_000); // 0: until the browser is closed
  const place = `${httpOnly ? httpOnlyMark : ""}${hostOnly ? "" : "."}${domain}`;
  return [place, hostOnly ? "FALSE" : "TRUE", path ?? "/", secure ? "TRUE" : "FALSE", expires, key, value].join("\t");
}
