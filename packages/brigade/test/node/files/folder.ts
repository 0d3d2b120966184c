/** A folder for one test, and what of it this process holds open. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { descriptors } from "../left.ts";

/** How many directories and files the kernel watches for this process. */
export function watches(): number {
  let count = 0;
  for (const descriptor of readdirSync("/proc/self/fdinfo")) {
    try {
      count += readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8").match(/^inotify /gm)?.length ?? 0;
    } catch {
      // It was the one that lists the descriptors.
    }
  }
  return count;
}

export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "brigade-files-"));

  in(...names: string[]): string {
    return join(this.path, ...names);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.in(name), content);
    return this.in(name);
  }

  mkdir(...names: string[]): string {
    mkdirSync(this.in(...names), { recursive: true });
    return this.in(...names);
  }

  read(name: string): string {
    return readFileSync(this.in(name), "utf8");
  }

  names(): string[] {
    return readdirSync(this.path).toSorted();
  }

  /** What this process has open below the folder. */
  open(): string[] {
    return descriptors().filter((target) => target.startsWith(this.path));
  }

  [Symbol.dispose](): void {
    const open = this.open();
    rmSync(this.path, { recursive: true, force: true });
    expect(open).toEqual([]);
  }
}
