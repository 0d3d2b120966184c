/** The head of a standard `Response`, as transports tell it. */
import type { ResponseHead } from "./transport.ts";

/** Fields that came several times are one, joined by commas, as `Headers` has them; cookies alone are apart. */
export function headOf(response: Response): ResponseHead {
  const headers: Record<string, string | readonly string[]> = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  const { status, statusText } = response;
  return { status, statusText, headers };
}

/** Whether a response to that has a body at all (RFC 9110, 6.4.1). */
export function hasBody(method: string, response: Response): boolean {
  return method !== "HEAD" && response.body !== null;
}
