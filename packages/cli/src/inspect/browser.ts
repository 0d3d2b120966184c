/** Opens the page in the user's browser. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type AsyncContextManager, contextManager, fromPromise } from "brigade";

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * The command line of a process can be read by every user of the machine, so the address with its token does not stand there:
 * the browser gets a file that only its user can read, and that leads on. The file is gone when the manager ends.
 */
export function openInBrowser(address: string): AsyncContextManager<void> {
  return contextManager(function* () {
    const folder = yield* fromPromise(mkdtemp(join(tmpdir(), "brigade-inspect-")));
    try {
      const file = join(folder, "open.html");
      const html = `<!doctype html><meta http-equiv="refresh" content="0;url=${address}"><title>brigade inspect</title>`;
      yield* fromPromise(writeFile(file, html, { mode: 0o600 }));
      const [command, ...args] = openers[process.platform] ?? ["xdg-open"];
      const child = spawn(command, [...args, pathToFileURL(file).href], { detached: true, stdio: "ignore" });
      child.on("error", () => {
        console.error(`${command} is not there: open the address yourself`);
      });
      child.unref();
      yield undefined;
    } finally {
      yield* fromPromise(rm(folder, { recursive: true, force: true }));
    }
  })();
}
