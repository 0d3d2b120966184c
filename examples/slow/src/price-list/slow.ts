/** A price list: the price of each article is asked for when that of the one before it has come. */
import { type Coroutine, coroutine, run, sleep } from "brigade";

interface Line {
  readonly article: string;
  readonly price: number;
}

const articles = [
  "apple",
  "bread",
  "cheese",
  "dates",
  "eggs",
  "flour",
  "grapes",
  "honey",
  "ink",
  "jam",
  "kale",
  "lemon",
];

const askPrice = coroutine(function* askPrice(article: string) {
  yield* sleep(20 + article.length * 2);
  return article.length * 0.5;
});

export const main: () => Coroutine<{ lines: readonly Line[]; total: number }> = coroutine(function* priceList() {
  const lines: Line[] = [];
  let total = 0;
  for (const article of articles) {
    const price = yield* askPrice(article);
    lines.push({ article, price });
    total += price;
  }
  return { lines, total };
});

if (import.meta.main) console.log(await run(main()));
