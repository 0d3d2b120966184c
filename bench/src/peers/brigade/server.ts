/** serve of brigade/http, with a coroutine as its handler. */
import { coroutine, run, use } from "brigade";
import { serve } from "brigade/http";
import { BODY } from "../../http/body.ts";
import { served } from "../../http/served.ts";

const handle = coroutine(function* () {
  served.requests++;
  return new Response(BODY, { headers: { "content-type": "application/json" } });
});

export function listen(): Promise<string> {
  return new Promise((resolve, reject) => {
    run(function* () {
      yield* use(serve(handle, { port: 0, host: "127.0.0.1" }), function* (server) {
        resolve(new URL(server.url).href);
        yield* server.forever();
      });
    }).catch(reject);
  });
}
