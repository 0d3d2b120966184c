/** In the place of listen.ts where programs can't listen: a bundle for a browser holds nothing of node:http. */
import { coroutine } from "../../task/coroutine.ts";
import type { CoroutineBody } from "../../types.ts";
import { ListenError } from "./listen-error.ts";
import type { listen as Listen } from "./listen.ts";

/** Throws: nothing listens in a browser, or in an edge worker. */
export const listen: typeof Listen = /* @__PURE__ */ coroutine(function* listen(): CoroutineBody<never> {
  throw new ListenError("serve: this host lets no program listen: browsers and edge workers are clients alone");
});
