/** A copy of the runtime that mutants are put into, one after another; it takes the place of "brigade" for what runs beside it. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mutant, mutated } from "./mutant.ts";

const repository: string = join(import.meta.dirname, "../../..");
const runtime = "packages/brigade";

export class RuntimeCopy {
  readonly root: string;
  #changed: { readonly path: string; readonly source: string } | undefined;

  private constructor(root: string) {
    this.root = root;
  }

  /** In a folder of its own below the system's folder for temporary files, until `remove`. */
  static async make(): Promise<RuntimeCopy> {
    const copy = new RuntimeCopy(await mkdtemp(join(tmpdir(), "brigade-mutants-")));
    try {
      await copy.#fill();
    } catch (error) {
      await copy.remove();
      throw error;
    }
    return copy;
  }

  async #fill(): Promise<void> {
    const parts = [
      `${runtime}/package.json`,
      `${runtime}/src`,
      `${runtime}/test`,
      "conformance/src",
      "package.json",
      "tsconfig.base.json",
    ];
    for (const part of parts) await cp(join(repository, part), join(this.root, part), { recursive: true });
    const modules = join(this.root, "node_modules");
    await mkdir(modules);
    for (const name of await readdir(join(repository, "node_modules"))) {
      if (name !== "brigade") await symlink(join(repository, "node_modules", name), join(modules, name));
    }
    // A link, because Node strips no types from files that stand below node_modules.
    await symlink(join("..", runtime), join(modules, "brigade"));
  }

  /** Puts the mutant in, in place of the one before. */
  async apply(mutant: Mutant): Promise<void> {
    await this.restore();
    const path = join(this.root, runtime, "src", mutant.file);
    const source = await readFile(path, "utf8");
    await writeFile(path, mutated(source, mutant));
    this.#changed = { path, source };
  }

  async restore(): Promise<void> {
    const changed = this.#changed;
    this.#changed = undefined;
    if (changed) await writeFile(changed.path, changed.source);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}
