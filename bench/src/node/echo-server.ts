/** An echo server's process: serves, and answers each line with its resident bytes and its processor time so far. It ends when its input ends. */
import { createInterface } from "node:readline";
import { reply } from "../reply.ts";

type Import = () => Promise<{ readonly listen: () => Promise<string> }>;

const servers: Readonly<Record<string, Import>> = {
  brigade: () => import("../peers/brigade/echo.ts"),
  native: () => import("../peers/native/echo.ts"),
};

try {
  const [peer = ""] = process.argv.slice(2);
  const load = servers[peer];
  if (load === undefined) throw new Error(`The peer "${peer}" has no echo server.`);
  const { listen } = await load();
  reply({ kind: "ready", url: await listen() });
  for await (const _ of createInterface({ input: process.stdin })) {
    const { user, system } = process.cpuUsage();
    globalThis.gc?.();
    reply({ kind: "figure", figure: process.memoryUsage.rss(), cpu: (user + system) / 1e3 });
  }
  process.exit(0);
} catch (error) {
  reply({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) }, () =>
    process.exit(1),
  );
}
