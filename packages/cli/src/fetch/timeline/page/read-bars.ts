/** The bars of the page, from its data. */
import type { PageBar, PageData } from "./model.ts";

export function readBars(data: PageData): PageBar[] {
  return data.rows.map(
    ([url, host, status, error, message, attempts, bytes, began, waiting, retries, connect, response, body]) => {
      const start = began + waiting;
      return {
        url,
        host,
        status,
        error,
        message,
        attempts,
        bytes,
        began,
        parts: { waiting, retries, connect, response, body },
        start,
        end: start + retries + connect + response + body,
        lane: 0,
        matches: true,
      };
    },
  );
}
