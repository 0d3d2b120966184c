/** What the screen shows, and how keys change it. No terminal and no program: `top.ts` brings those together. */
import type { Hello, Stats, TaskPage, TaskQuery, TaskRow, TaskSort, WaitCycle } from "brigade/trace";
import type { Key } from "./keys.ts";

const sorts: readonly TaskSort[] = ["tree", "since", "age", "name"];
const longestFilter = 200;
const mostToggled = 1_000; // rows that may be the other way than usual at once

export interface Picture {
  readonly stats: Stats;
  readonly page: TaskPage;
  readonly cycles: readonly WaitCycle[];
}

/** What is known of the answers: they come, or do not. */
export type Contact =
  | { readonly state: "live" }
  | { readonly state: "busy"; readonly since: number } // no answer since then: its thread does something else
  | { readonly state: "ended" };

export class TopState {
  readonly hello: Hello;
  readonly name: string;
  picture: Picture | undefined;
  /** The stats before those of the picture: rates are their difference. */
  before: Stats | undefined;
  contact: Contact = { state: "live" };
  paused = false;
  sort: TaskSort = "tree";
  filter = "";
  /** The filter is being typed. */
  typing = false;
  /** The row that the cursor is on, from the first of all rows on. */
  cursor = 0;
  /** The first row on the screen. */
  first = 0;
  /** How many rows the screen has for tasks. */
  room = 10;
  readonly #toggled = new Set<string>();

  constructor(name: string, hello: Hello) {
    this.name = name;
    this.hello = hello;
  }

  get total(): number {
    return this.picture?.page.total ?? 0;
  }

  get selected(): TaskRow | undefined {
    const { page } = this.picture ?? {};
    return page?.rows[this.cursor - page.offset];
  }

  /** The rows to ask for: those on the screen, and as many before and behind, so that scrolling shows some at once. */
  get query(): TaskQuery {
    const offset = Math.max(0, this.first - this.room);
    return {
      offset,
      limit: Math.min(1_000, this.first - offset + 2 * this.room),
      sort: this.sort,
      filter: this.filter,
      toggled: [...this.#toggled],
    };
  }

  show(picture: Picture): void {
    this.before = this.picture?.stats;
    this.picture = picture;
    this.contact = { state: "live" };
    this.moveTo(this.cursor);
  }

  /** Rows of another query: those that are there have no place in it. */
  showRows(page: TaskPage): void {
    if (this.picture) this.picture = { ...this.picture, page };
    this.moveTo(this.cursor);
  }

  /** Keeps the cursor on a row, and the row on the screen. */
  moveTo(row: number): void {
    this.cursor = Math.max(0, Math.min(row, this.total - 1));
    this.first = Math.max(0, Math.min(this.first, this.cursor, Math.max(0, this.total - this.room)));
    this.first = Math.max(this.first, this.cursor - this.room + 1);
  }

  /** What is to be done beyond drawing: "ask" for rows, "quit", or nothing. */
  press(key: Key): "ask" | "quit" | undefined {
    if (key.name === "interrupt") return "quit";
    return this.typing ? this.#type(key) : this.#command(key);
  }

  #type(key: Key): "ask" | undefined {
    if (key.name === "text") this.filter = (this.filter + key.text).slice(0, longestFilter);
    else if (key.name === "backspace") this.filter = withoutLast(this.filter);
    else if (key.name === "escape") this.filter = "";
    if (key.name === "enter" || key.name === "escape") this.typing = false;
    this.cursor = this.first = 0;
    return "ask";
  }

  #command(key: Key): "ask" | "quit" | undefined {
    switch (key.name === "text" ? key.text : key.name) {
      case "q":
        return "quit";
      case "up":
      case "k":
        return this.#step(-1);
      case "down":
      case "j":
        return this.#step(1);
      case "pageUp":
        return this.#step(-this.room);
      case "pageDown":
      case " ":
        return this.#step(this.room);
      case "home":
      case "g":
        return this.#step(-Infinity);
      case "end":
      case "G":
        return this.#step(Infinity);
      case "enter":
        return this.#fold((open) => !open);
      case "left":
        return this.#fold(() => false);
      case "right":
        return this.#fold(() => true);
      case "/":
        this.typing = true;
        return undefined;
      case "escape":
        this.filter = "";
        return "ask";
      case "s":
        this.sort = sorts[(sorts.indexOf(this.sort) + 1) % sorts.length] as TaskSort;
        this.cursor = this.first = 0;
        return "ask";
      case "p":
        this.paused = !this.paused;
        return this.paused ? undefined : "ask";
      default:
        return undefined;
    }
  }

  #step(rows: number): "ask" {
    this.moveTo(Math.max(-1, Math.min(this.cursor + rows, this.total)));
    return "ask";
  }

  #fold(wanted: (open: boolean) => boolean): "ask" | undefined {
    const row = this.selected;
    if (row === undefined || row.children === 0 || wanted(row.open) === row.open) return undefined;
    if (!this.#toggled.delete(row.key) && this.#toggled.size < mostToggled) this.#toggled.add(row.key);
    return "ask";
  }
}

/** A character as people see it is several for a computer, at times. */
function withoutLast(text: string): string {
  return text.slice(0, Array.from(new Intl.Segmenter().segment(text)).at(-1)?.index ?? 0);
}
