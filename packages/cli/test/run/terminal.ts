/** A terminal of its own (tmux), in which a command runs. */
import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

let terminals = 0;

export class Terminal implements Disposable {
  readonly #socket = `brigade-run-${process.pid}-${terminals++}`; // a server of its own, that ends with it

  constructor(command: readonly string[], cwd: string) {
    const line = `${command.map((word) => `'${word}'`).join(" ")}; echo "exit $?"; exec sleep 60`;
    const shell = `unset LC_ALL LC_CTYPE; LANG=C.UTF-8; export LANG; ${line}`;
    this.#tmux("-u", "new-session", "-d", "-x", "100", "-y", "24", "-c", cwd, shell);
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
  }

  /** A terminal has no event for what was drawn on it: looks again and again. */
  async shows(expected: RegExp): Promise<string[]> {
    const limit = performance.now() + 15_000;
    for (;;) {
      const lines = this.#tmux("capture-pane", "-p").trimEnd().split("\n");
      if (expected.test(lines.join("\n"))) return lines;
      if (performance.now() > limit) throw new Error(`within 15 s there was no ${expected}, but:\n${lines.join("\n")}`);
      await delay(50);
    }
  }

  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  [Symbol.dispose](): void {
    this.#tmux("kill-server");
  }
}
