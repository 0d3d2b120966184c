/** Tells about one bar: beside the pointer, or pinned, so that its text can be selected. All of it is text, never markup. */
import type { Formats, PageBar, Part } from "./model.ts";

export class Card {
  readonly #element: HTMLElement;
  readonly #formats: Formats;
  pinned: PageBar | undefined;

  constructor(element: HTMLElement, formats: Formats) {
    this.#element = element;
    this.#formats = formats;
  }

  show(bar: PageBar, x: number, y: number): void {
    this.#element.replaceChildren(...this.#content(bar));
    this.#element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.#element;
    const right = x + 16 + width < innerWidth - 8;
    const left = right ? x + 16 : Math.max(8, x - 16 - width);
    const top = y + 16 + height < innerHeight - 8 ? y + 16 : Math.max(8, y - 16 - height);
    this.#element.style.left = `${left}px`;
    this.#element.style.top = `${top}px`;
  }

  pin(bar: PageBar | undefined): void {
    this.pinned = bar;
    this.#element.classList.toggle("pinned", bar !== undefined);
    if (bar === undefined) this.hide();
  }

  hide(): void {
    this.#element.hidden = true;
  }

  #content(bar: PageBar): HTMLElement[] {
    const { duration, bytes } = this.#formats;
    const outcome = bar.error === "" ? `${bar.status}` : [bar.status || "", bar.error].join(" ").trim();
    const facts = [bytes(bar.bytes), bar.attempts === 1 ? "1 attempt" : `${bar.attempts} attempts`];
    const head = this.#line("outcome", outcome);
    head.classList.add(bar.error === "" ? "ok" : "bad");
    const lines = [head, this.#line("url", bar.url)];
    if (bar.message !== "") lines.push(this.#line("message", bar.message));
    lines.push(this.#line("facts", `${facts.join(" · ")} · began at ${duration(bar.began)}`));
    return [...lines, this.#times(bar)];
  }

  #times(bar: PageBar): HTMLElement {
    const { duration } = this.#formats;
    const names: Record<Part, string> = {
      waiting: "waiting",
      retries: "earlier attempts",
      connect: "connect",
      response: "response",
      body: "body",
    };
    const list = document.createElement("dl");
    for (const [part, name] of Object.entries(names) as [Part, string][]) {
      if (bar.parts[part] <= 0) continue;
      const term = document.createElement("dt");
      const swatch = document.createElement("i");
      swatch.className = bar.error !== "" && part !== "waiting" ? "swatch failed" : `swatch ${part}`;
      term.append(swatch, name);
      list.append(term, this.#line("dd", duration(bar.parts[part]), "dd"));
    }
    const total = document.createElement("dt");
    total.textContent = "in all";
    list.append(total, this.#line("dd", duration(bar.end - bar.began), "dd"));
    return list;
  }

  #line(name: string, text: string, tag = "p"): HTMLElement {
    const element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    return element;
  }
}
