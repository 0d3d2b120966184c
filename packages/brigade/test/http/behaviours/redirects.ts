/** Answers that point elsewhere: in a circle, in a long chain, to where nobody should go. */
import type { Behaviour, Visit } from "./behaviour.ts";

function redirect({ request, response }: Visit, location: string | null, code = 302): void {
  request.resume();
  if (location !== null) response.setHeader("location", location);
  response.writeHead(code).end("elsewhere");
}

export const redirects: Readonly<Record<string, Behaviour>> = {
  "redirect-loop": (visit) => redirect(visit, "/redirect-loop"),
  "redirect-circle": (visit) => redirect(visit, visit.rest[0] === "a" ? "/redirect-circle/b" : "/redirect-circle/a"),
  /** `/redirects/3`: three of them, then `/echo`. */
  redirects: (visit) => {
    const left = Number(visit.rest[0]);
    redirect(visit, left > 1 ? `/redirects/${left - 1}` : "/echo");
  },
  /** `/redirect?to=…&status=307`. Without `to` there is no location. */
  redirect: (visit) => redirect(visit, visit.query.get("to"), Number(visit.query.get("status") ?? 302)),
  /** The same, with a body that never goes on. */
  "redirect-stalls": ({ response, query }) => {
    response.writeHead(302, { location: query.get("to") ?? "/echo", "content-length": 1_000 }).write("the beginning");
  },
  /** `/login?to=…`: sets a cookie on the way. */
  login: (visit) => {
    visit.response.setHeader("set-cookie", "session=1");
    redirect(visit, visit.query.get("to"));
  },
  /** The same, with a body that never ends. */
  "redirect-endless": ({ server, response, query }) => {
    const piece = "x".repeat(16_384);
    response.writeHead(302, { location: query.get("to") ?? "/echo" });
    const feed = (): void => {
      do server.counts.set("bytes", (server.counts.get("bytes") ?? 0) + piece.length);
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", feed);
    feed();
  },
};
