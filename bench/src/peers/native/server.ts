/** Bare node:http. */
import { createServer } from "node:http";
import { BODY, BODY_BYTES } from "../../http/body.ts";
import { urlOf } from "../../http/listening.ts";
import { served } from "../../http/served.ts";

export function listen(): Promise<string> {
  const server = createServer((_, response) => {
    served.requests++;
    response.writeHead(200, { "content-type": "application/json", "content-length": BODY_BYTES });
    response.end(BODY);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(urlOf(server)));
  });
}
