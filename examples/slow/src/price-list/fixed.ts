/** A price list: ten prices at once are asked for. */
import { type Coroutine, coroutine, gather, run, sleep } from "brigade";

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
  const results = yield* gather(
    articles.map(function* (article) {
      const price = yield* askPrice(article);
      return { article, price };
    }),
    { limit: 10 },
  );
  for (const { article, price } of results) {
    lines.push({ article, price });
    total += price;
  }
  return { lines, total };
});

if (import.meta.main) console.log(await run(main()));
