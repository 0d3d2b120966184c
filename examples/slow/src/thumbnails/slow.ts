/** Thumbnails of pictures: an encoder that could do more at once is only given two at a time. */
import { type Coroutine, coroutine, gather, run, Semaphore, sleep } from "brigade";

const pictures = Array.from({ length: 12 }, (_, number) => `picture-${number + 1}.jpg`);

const encoder = new Semaphore(2, { name: "encoder" });

const download = coroutine(function* download(picture: string) {
  yield* sleep("15ms");
  return `bytes of ${picture}`;
});

const encode = coroutine(function* encode(bytes: string) {
  using _permit = yield* encoder.acquire();
  yield* sleep("120ms");
  return bytes.length;
});

const thumbnail = coroutine(function* thumbnail(picture: string) {
  const bytes = yield* download(picture);
  return yield* encode(bytes);
});

export const main: () => Coroutine<number[]> = coroutine(function* thumbnails() {
  return yield* gather(pictures.map((picture) => thumbnail(picture)));
});

if (import.meta.main) console.log(await run(main()));
