/** What a request is made of: method, header, proxy, user agent, and templates of URLs. */
import { UsageError } from "../usage-error.ts";
import { type Value, value } from "./value.ts";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110, 5.6.2
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/; // RFC 9110, 5.5

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function method(): Value<string> {
  return value({
    metavar: "METHOD",
    example: "GET",
    read(word) {
      const known = word.toUpperCase();
      if (methods.includes(known)) return known;
      if (!token.test(word) || known === "CONNECT" || known === "TRACE")
        throw new UsageError(`write ${methods.slice(0, -1).join(", ")} or ${methods.at(-1)}`);
      return word;
    },
    write: (method) => method,
    *suggest(prefix) {
      for (const method of methods) {
        if (method.startsWith(prefix.toUpperCase())) yield { kind: "literal", text: method };
      }
    },
  });
}

/** The connection's own: RFC 9110, 7.6.1 and 8.6. */
const ofTheConnection = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

function readHeader(word: string): readonly [string, string] {
  const colon = word.indexOf(":");
  if (colon === -1) throw new UsageError("there is no colon: write 'Name: value'");
  const name = word.slice(0, colon).trim();
  if (!token.test(name))
    throw new UsageError(
      "what stands before the colon is no header's name: write 'Name: value', such as 'Accept: text/html'",
    );
  if (ofTheConnection.has(name.toLowerCase()))
    throw new UsageError(`${name} is set for each connection: leave this header out`);
  const content = word.slice(colon + 1).trim();
  if (!headerValue.test(content))
    throw new UsageError("a header's value is one line of Latin letters, digits and signs: percent-encode the rest");
  return [name, content];
}

export function header(): Value<readonly [string, string]> {
  return value({
    metavar: "HEADER",
    example: "Accept: text/html",
    read: readHeader,
    write: ([name, content]) => `${name}: ${content}`,
  });
}

export function userAgent(): Value<string> {
  return value({
    metavar: "NAME",
    example: "my-crawler/1.0",
    read(word) {
      if (word.trim() === "" || !headerValue.test(word))
        throw new UsageError("write a name on one line, such as my-crawler/1.0");
      return word;
    },
    write: (name) => name,
  });
}

/** `environment` is HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export function proxy(): Value<string> {
  return value({
    metavar: "URL",
    example: "http://127.0.0.1:3128",
    read(word) {
      if (word === "environment") return word;
      const url = URL.canParse(word) ? new URL(word) : undefined;
      if (url?.protocol !== "http:" && url?.protocol !== "https:")
        throw new UsageError("write http://host:port (http and https proxies work), or environment");
      return word;
    },
    write: (url) => url,
    *suggest(prefix) {
      if ("environment".startsWith(prefix)) yield { kind: "literal", text: "environment" };
    },
  });
}

export function urlTemplate(): Value<string> {
  return value({
    metavar: "TEMPLATE",
    example: "https://example.com/items/{1..500}",
    read(word) {
      if (!/^https?:\/\/[^/]/i.test(word))
        throw new UsageError("write it with its scheme, such as 'https://example.com/items/{1..500}'");
      return word;
    },
    write: (template) => template,
  });
}
