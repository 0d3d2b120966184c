/** The entries of one directory, some at a time: as many as are there without a wait come at once. */
import * as fs from "node:fs";
import type { Awaitable } from "../../types.ts";
import { DONE } from "../bytes/done.ts";
import { call, type Done } from "./call.ts";

const AT_ONCE = 256; // entries

export class Listing {
  readonly #path: string;
  #directory: fs.Dir | undefined; // set ⇔ it is open

  constructor(path: string) {
    this.#path = path;
  }

  open(): Awaitable<void> {
    return call<void>("list", this.#path, (done) => {
      fs.opendir(this.#path, { bufferSize: AT_ONCE }, (error, directory) => {
        if (!error) this.#directory = directory;
        done(error);
      });
    });
  }

  /** More entries; none at the end. */
  next(): Awaitable<fs.Dirent[]> {
    return call<fs.Dirent[]>("list", this.#path, (done) => this.#read([], done));
  }

  #read(entries: fs.Dirent[], done: Done<fs.Dirent[]>): void {
    (this.#directory as fs.Dir).read((error, entry) => {
      if (error || entry === null) return done(error, entries);
      entries.push(entry);
      if (entries.length < AT_ONCE) this.#read(entries, done);
      else done(null, entries);
    });
  }

  close(): Awaitable<void> {
    const directory = this.#directory;
    if (directory === undefined) return DONE;
    return call<void>("list", this.#path, (done) => {
      this.#directory = undefined;
      directory.close((error) => done(error));
    });
  }
}
