/** Serves the desk until Ctrl-C or SIGTERM. The first argument is the port; without one, any that is free. */
import { CancelledError, run, use } from "brigade";
import { ListenError, serve } from "brigade/http";
import { app } from "./app.ts";

const port = Number(process.argv[2] ?? 0);
const server = serve(app.fetch, { port, limit: 50, timeout: "30s", gracePeriod: "5s", retryAfter: "2s" });

try {
  await run(
    use(server, function* (desk) {
      console.log(`listening on ${desk.url}`);
      yield* desk.forever();
    }),
    { handleSignals: true },
  );
} catch (error) {
  if (error instanceof CancelledError) console.log("every request has ended");
  else if (error instanceof ListenError) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error;
}
