/** Bare @hono/node-server: a function from Request to Response. */
import { serve } from "@hono/node-server";
import { BODY } from "../../http/body.ts";
import { served } from "../../http/served.ts";

export function listen(): Promise<string> {
  return new Promise((resolve) => {
    const fetch = async (): Promise<Response> => {
      served.requests++;
      return new Response(BODY, { headers: { "content-type": "application/json" } });
    };
    serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve(`http://127.0.0.1:${port}/`));
  });
}
