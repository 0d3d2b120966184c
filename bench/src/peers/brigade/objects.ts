/** Brigade's S3: as many coroutines that put, and that get and read to the end. */
import { coroutine, gather, run, use } from "brigade";
import { type S3, s3 } from "@brigade/data/s3";
import { ACCESS, BODY, BUCKET, checkBody, keyOf, OBJECTS_AT_ONCE } from "../../data/objects.ts";
import type { Program, Programs } from "../../program.ts";

const putAll = coroutine(function* putAll(store: S3, count: number) {
  const begun = performance.now();
  let next = 0;
  const loop = coroutine(function* loop() {
    while (next < count) yield* store.put(keyOf(next++), BODY);
  });
  yield* gather(Array.from({ length: OBJECTS_AT_ONCE }, () => loop()));
  return performance.now() - begun;
});

const getAll = coroutine(function* getAll(store: S3, count: number) {
  const begun = performance.now();
  let next = 0;
  const loop = coroutine(function* loop() {
    while (next < count) checkBody((yield* store.get(keyOf(next++))).bytes);
  });
  yield* gather(Array.from({ length: OBJECTS_AT_ONCE }, () => loop()));
  return performance.now() - begun;
});

function measured(program: (store: S3, count: number) => ReturnType<typeof putAll>): Program {
  return async (count, url) =>
    run(use(s3({ ...ACCESS, endpoint: url }, { bucket: BUCKET }), (store) => program(store, count)));
}

export const programs: Programs = {
  "s3-put": measured(putAll),
  "s3-get": measured(
    coroutine(function* get(store: S3, count: number) {
      yield* putAll(store, count);
      return yield* getAll(store, count);
    }),
  ),
};
