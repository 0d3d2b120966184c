/** The URLs of a run, one after the other: without those that an earlier run has finished, and without duplicates. */
import { type CoroutineBody, fromPromise, Lock, sleep } from "brigade";
import type { Finished } from "../journal/finished.ts";
import type { UrlSource } from "../options.ts";
import { chunksOfFile, chunksOfStdin, type Chunks } from "./chunks.ts";
import { Lines } from "./lines.ts";
import { type Item, targetOf } from "./target.ts";
import { type Template, templateOf } from "./templates.ts";
import type { UrlSet } from "./url-set.ts";

/** Texts of URLs, in pieces. */
interface Texts {
  readonly ended: boolean;
  /** The next one; undefined: `read` first. */
  take(): string | undefined;
  read(): Promise<void>;
}

/** An input that is open. */
export interface Input {
  readonly texts: Texts;
  readonly chunks: Chunks | undefined;
}

/** So many URLs that need no request are passed over in one go; then others have their turn. */
const mostPassed = 2_000;

export interface IntakeOptions {
  readonly finished: Finished | undefined;
  readonly seen: UrlSet | undefined;
  /** Told how many URLs needed no request. */
  readonly skipped: (count: number) => void;
}

export class Intake {
  readonly #texts: Texts;
  readonly #chunks: Chunks | undefined;
  readonly #options: IntakeOptions;
  readonly #reading = new Lock();
  #index = 0;
  #starved = false; // what was read is used up

  constructor({ texts, chunks }: Input, options: IntakeOptions) {
    this.#texts = texts;
    this.#chunks = chunks;
    this.#options = options;
  }

  /** URLs that were taken so far, those that were passed over included. */
  get count(): number {
    return this.#index;
  }

  /** Whether everything was taken. */
  get ended(): boolean {
    return this.#texts.ended;
  }

  /** The next URL that needs a request, if it is there already. */
  takeNow(): Item | undefined {
    let passed = 0;
    let item: Item | undefined;
    while (item === undefined && passed < mostPassed) {
      const url = this.#texts.take();
      this.#starved = url === undefined;
      if (url === undefined) break;
      const index = this.#index++;
      if (this.#needed(index, url)) item = { index, url };
      else passed++;
    }
    if (passed > 0) this.#options.skipped(passed);
    return item;
  }

  /** The next URL that needs a request; undefined at the end. */
  *next(): CoroutineBody<Item | undefined> {
    for (;;) {
      const item = this.takeNow();
      if (item !== undefined) return item;
      if (this.ended) {
        this.#options.finished?.check();
        return undefined;
      }
      yield* this.#more();
    }
  }

  *#more(): CoroutineBody<void> {
    const before = this.#index;
    using _turn = yield* this.#reading.acquire();
    // Whoever had the turn before may have read enough for both.
    if (this.#index !== before) return;
    if (this.#starved && this.#chunks) yield* fromPromise(this.#texts.read());
    else yield* sleep(0);
  }

  #needed(index: number, url: string): boolean {
    const { finished, seen } = this.#options;
    // What is finished counts as seen.
    const first = seen === undefined || seen.add(keyOf(url));
    if (finished?.passes(index, url)) return false;
    return first;
  }
}

/** Two texts of one URL have one key: `HTTP://Host/a#x` and `http://host/a`. */
function keyOf(text: string): string {
  const target = targetOf(text);
  if (!(target instanceof URL)) return text;
  target.hash = "";
  return target.href;
}

/** Opens what the URLs come from. Throws a FetchStop. */
export async function openInput(source: UrlSource): Promise<Input> {
  if (source.kind === "templates") {
    return { texts: new TemplateTexts(source.templates.map(templateOf)), chunks: undefined };
  }
  const chunks = source.kind === "file" ? await chunksOfFile(source.path) : await chunksOfStdin();
  return { texts: new Lines(chunks), chunks };
}

class TemplateTexts implements Texts {
  readonly #templates: readonly Template[];
  #template = 0;
  #position = 0; // in that template

  constructor(templates: readonly Template[]) {
    this.#templates = templates;
  }

  get ended(): boolean {
    return this.#template === this.#templates.length;
  }

  take(): string | undefined {
    const template = this.#templates[this.#template];
    if (template === undefined) return undefined;
    const url = template.at(this.#position++);
    if (this.#position === template.count) {
      this.#template++;
      this.#position = 0;
    }
    return url;
  }

  async read(): Promise<void> {}
}
