/** Where the page has come from, and so what it shows. */
import type { Advice } from "brigade/trace";
import { Server } from "./server.ts";

export type Origin =
  | { readonly kind: "trace"; readonly title: string; readonly base64: string; readonly advice: readonly Advice[] }
  | { readonly kind: "server"; readonly server: Server; readonly every: number | undefined }
  | { readonly kind: "nothing" };

/** What `timelineHtml` puts into the page beside the trace. */
export interface PageData {
  readonly title: string;
  readonly advice: readonly Advice[];
}

export function origin(): Origin {
  const trace = document.getElementById("trace");
  const data = document.getElementById("data");
  if (trace !== null && data !== null) {
    const { title, advice } = JSON.parse(data.textContent) as PageData;
    const base64 = trace.textContent;
    trace.remove(); // the page need not hold it twice
    return { kind: "trace", title, base64, advice };
  }
  if (location.protocol === "file:") return { kind: "nothing" };
  const settings = new URLSearchParams(location.hash.slice(1));
  const every = Number(settings.get("every")); // milliseconds: how often a program is asked
  const server = new Server(location.origin, settings.get("token") ?? "");
  return { kind: "server", server, every: every > 0 ? every : undefined };
}
