/** URL templates: `https://host/items/{1..500}`, `{001..100}`, `{0..100..5}`, `{a..e}`, `{red,green}`, any number in one. */
import { FetchStop } from "../stop.ts";

/** A part of a template that stands for several texts. */
interface Choice {
  readonly count: number;
  at(position: number): string;
}

export interface Template {
  readonly count: number;
  /** The URL at a place; the rightmost range changes fastest. */
  at(position: number): string;
}

const braces = /\{([^{}]*)\}/g;

/** Throws a FetchStop that names the part which is wrong. */
export function templateOf(text: string): Template {
  const literals: string[] = [];
  const choices: Choice[] = [];
  let end = 0;
  for (const match of text.matchAll(braces)) {
    literals.push(text.slice(end, match.index));
    choices.push(choiceOf(match[1] ?? "", text));
    end = match.index + match[0].length;
  }
  literals.push(text.slice(end));
  if (literals.some((literal) => /[{}]/.test(literal))) {
    throw new FetchStop(`the template ${text} has a brace without its partner: write a literal brace as %7B or %7D`);
  }
  const count = choices.reduce((product, choice) => product * choice.count, 1);
  if (!Number.isSafeInteger(count))
    throw new FetchStop(`the template ${text} stands for too many URLs: make its ranges smaller`);
  return { count, at: (position) => textAt(literals, choices, position) };
}

function textAt(literals: readonly string[], choices: readonly Choice[], position: number): string {
  let text = literals[choices.length] ?? "";
  let rest = position;
  for (let i = choices.length - 1; i >= 0; i--) {
    const choice = choices[i] as Choice;
    text = (literals[i] ?? "") + choice.at(rest % choice.count) + text;
    rest = Math.floor(rest / choice.count);
  }
  return text;
}

const numbers = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/;
const letters = /^([a-z])\.\.([a-z])(?:\.\.(-?\d+))?$|^([A-Z])\.\.([A-Z])(?:\.\.(-?\d+))?$/;

function choiceOf(inner: string, template: string): Choice {
  const range = numbers.exec(inner);
  if (range) return numberRange(range, inner, template);
  const span = letters.exec(inner);
  if (span) {
    const [first, last, step] = span.slice(span[1] === undefined ? 4 : 1);
    const { count, at } = steps((first ?? "").charCodeAt(0), (last ?? "").charCodeAt(0), step, inner, template);
    return { count, at: (position) => String.fromCharCode(at(position)) };
  }
  const words = inner.split(",");
  if (words.length > 1) return { count: words.length, at: (position) => words[position] ?? "" };
  const example = "write {1..500} or {a,b,c}, and a literal brace as %7B";
  throw new FetchStop(`{${inner}} in the template ${template} is neither a range nor a list: ${example}`);
}

function numberRange(range: RegExpExecArray, inner: string, template: string): Choice {
  const [, first = "", last = "", step] = range;
  const { count, at } = steps(Number(first), Number(last), step, inner, template);
  const padded = [first, last].some((end) => /^-?0\d/.test(end));
  const width = padded ? Math.max(first.length, last.length) : 0;
  return { count, at: (position) => zeroPadded(at(position), width) };
}

/** By `toFixed`, of whose texts the engine keeps none: a template may stand for millions. */
function zeroPadded(value: number, width: number): string {
  const text = Math.abs(value).toFixed(0);
  return value < 0 ? `-${text.padStart(width - 1, "0")}` : text.padStart(width, "0");
}

function steps(
  first: number,
  last: number,
  given: string | undefined,
  inner: string,
  template: string,
): { count: number; at: (position: number) => number } {
  const size = Math.abs(Number(given ?? 1));
  const wrong = size === 0 ? "its step is 0" : "its numbers are too large";
  if (size === 0 || ![first, last, size].every(Number.isSafeInteger)) {
    throw new FetchStop(`{${inner}} in the template ${template}: ${wrong}`);
  }
  const direction = last < first ? -size : size;
  return { count: Math.floor(Math.abs(last - first) / size) + 1, at: (position) => first + position * direction };
}
