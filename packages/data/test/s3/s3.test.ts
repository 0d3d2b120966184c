/** What is stored is what is read: whole, in parts, in ranges, listed, copied, deleted. */
import { CreateBucketCommand, HeadBucketCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { QueryError, s3 } from "@brigade/data/s3";
import { collect, createTask, forEach, run, sleep, stream, use } from "brigade";
import { expect, test } from "vitest";
import { bytes, caught, MIB, pieces, TestServer } from "./store.ts";

const there = new TestServer();

test("what was put is what is got, with its type and its metadata", async () => {
  const object = await there.run(function* (store) {
    const put = yield* store.put("a/ü +1.txt", "Grüße", { contentType: "text/plain", metadata: { from: "test" } });
    const got = yield* store.get("a/ü +1.txt");
    expect(got.etag).toBe(put.etag);
    expect(put.parts).toBe(0);
    return got;
  });
  expect(object.text()).toBe("Grüße");
  expect(object).toMatchObject({ key: "a/ü +1.txt", size: 7, contentType: "text/plain", metadata: { from: "test" } });
  expect(object.lastModified).toBeInstanceOf(Date);
});

test("an empty body makes an empty object, from bytes and from a source that gives nothing", async () => {
  const sizes = await there.run(function* (store) {
    yield* store.put("empty", "");
    yield* store.put("empty source", []);
    return [(yield* store.get("empty")).bytes.length, (yield* store.head("empty source"))?.size];
  });
  expect(sizes).toEqual([0, 0]);
});

test.each([
  ["less than a part", 1 * MIB, 0],
  ["a byte less than a part", 5 * MIB - 1, 0],
  ["a part and a byte", 5 * MIB + 1, 2],
  ["two parts", 10 * MIB, 2],
])("a source of %s arrives whole and in order", async (_, size, parts) => {
  const all = bytes(size);
  await there.run(
    function* (store) {
      expect((yield* store.put("pieces", pieces(all))).parts).toBe(parts);
      expect(Buffer.compare((yield* store.get("pieces")).bytes, all)).toBe(0);
    },
    { partSize: 5 * MIB },
  );
});

test("a source that uses its buffer again is copied in time", async () => {
  const size = 65_536;
  const count = (11 * MIB) / size;
  const reused = stream(function* () {
    const buffer = Buffer.alloc(size);
    for (let i = 0; i < count; i++) {
      buffer.fill(i % 251);
      yield buffer;
    }
    buffer.fill(255);
  });
  const got = await there.run(
    function* (store) {
      yield* store.put("reused", reused());
      return yield* store.get("reused");
    },
    { partSize: 5 * MIB },
  );
  expect(got.size).toBe(count * size);
  for (let i = 0; i < count; i++) expect([i, got.bytes[i * size]]).toEqual([i, i % 251]);
});

test("bytes that are larger than a part go in parts, and are not copied for it", async () => {
  const all = bytes(12 * MIB);
  await there.run(function* (store) {
    expect((yield* store.put("large", all)).parts).toBe(2);
    expect(Buffer.compare((yield* store.get("large")).bytes, all)).toBe(0);
  });
});

test("no more than partsInFlight parts are read ahead of what the server has", async () => {
  let given = 0;
  let most = 0;
  let arrived = 0;
  const counted = stream(function* () {
    for (let i = 0; i < 8; i++) {
      most = Math.max(most, ++given - arrived);
      yield Buffer.alloc(5 * MIB, i);
    }
  });
  const { server } = there;
  await there.run(
    function* (store) {
      const uploading = createTask(store.put("slow", counted()));
      yield* sleep(0);
      server.pause();
      // Long enough for a source that nobody holds back to have given all it has.
      yield* sleep("300ms");
      expect(given).toBeLessThanOrEqual(3);
      arrived = 8;
      server.resume();
      yield* uploading;
    },
    { partSize: 5 * MIB, partsInFlight: 2 },
  );
  expect(given).toBe(8);
  expect(most).toBeLessThanOrEqual(3);
});

test("a stream gives the bytes in order, and a range only its own", async () => {
  const all = bytes(3 * MIB);
  await there.run(function* (store) {
    yield* store.put("stream", all);
    const read = Buffer.concat(yield* collect(store.read("stream")));
    expect(Buffer.compare(read, all)).toBe(0);
    const range = yield* store.get("stream", { range: { start: 4095, end: 4098 } });
    expect([...range.bytes]).toEqual([...all.subarray(4095, 4098)]);
    const rest = yield* collect(store.read("stream", { range: { start: 3 * MIB - 2 } }));
    expect(Buffer.concat(rest).length).toBe(2);
  });
});

test("a list gives every key once, in order, over several pages; with a delimiter what is below it", async () => {
  await there.run(function* (store) {
    const keys = Array.from({ length: 25 }, (_, i) => `list/${String(i % 3)}/${String(i).padStart(2, "0")}`).sort();
    yield* forEach(keys, (key) => store.put(key, key), { limit: 8 });
    const listed = yield* collect(store.list("list/", { pageSize: 4 }));
    expect(listed.map(({ key }) => key)).toEqual(keys);
    expect(listed.every(({ size, etag }) => size === 9 && etag.length === 32)).toBe(true);
    const folders = yield* collect(store.list("list/", { delimiter: "/" }));
    expect(folders).toEqual([{ prefix: "list/0/" }, { prefix: "list/1/" }, { prefix: "list/2/" }]);
    const behind = yield* collect(store.list("list/", { startAfter: keys[22] as string }));
    expect(behind.map(({ key }) => key)).toEqual(keys.slice(23));
    expect(yield* store.delete(keys.slice(0, 20))).toBe(20);
    expect((yield* collect(store.list("list/"))).length).toBe(5);
  });
});

test("a copy has the bytes of the original, whatever stands in its key", async () => {
  const text = await there.run(function* (store) {
    yield* store.put("original é %41", "same");
    yield* store.copy("original é %41", "the copy");
    return (yield* store.get("the copy")).text();
  });
  expect(text).toBe("same");
});

test("head gives undefined for what is not there, get throws NoSuchKey, and a delete does not mind", async () => {
  await there.run(function* (store) {
    expect(yield* store.head("nothing")).toBeUndefined();
    expect(yield* store.delete("nothing")).toBe(1);
  });
  const error = await caught(() => there.run((store) => store.get("nothing")));
  expect(error).toBeInstanceOf(QueryError);
  expect(error).toMatchObject({ code: "NoSuchKey", message: expect.stringContaining('"nothing" in bucket "brigade"') });
});

test("any command of the SDK can be sent, and its answer has the command's own type", async () => {
  await there.run(function* (store) {
    const made = yield* store.send(new CreateBucketCommand({ Bucket: "made-here" }));
    made.Location satisfies string | undefined;
    yield* store.put("x", "y", { bucket: "made-here" });
    yield* store.send(new HeadBucketCommand({ Bucket: "made-here" }));
    expect((yield* store.get("x", { bucket: "made-here" })).text()).toBe("y");
  });
});

test("what can't be right is refused before anything is sent", async () => {
  expect(() => s3({}, { partSize: MIB })).toThrow(/partSize: a part has 5 MiB/);
  expect(() => s3({}, { partsInFlight: 0 })).toThrow(RangeError);
  expect(() => s3({}, { grace: -1 })).toThrow(/grace/);
  const noBucket = await caught(() => run(use(s3(there.config()), (store) => store.get("x"))));
  expect(String(noBucket)).toMatch(/which bucket/);
  const range = await caught(() => there.run((store) => store.get("x", { range: { start: 3, end: 3 } })));
  expect(String(range)).toMatch(/0 ≤ start < end/);
  const piece = await caught(() => there.run((store) => store.put("x", [1, 2] as never)));
  expect(String(piece)).toMatch(/Uint8Array or a string, not number/);
});

test("a call after the body of use has ended is refused; one that is under way is waited for", async () => {
  const [late, uploading] = await run(function* () {
    const [store, uploading] = yield* use(s3(there.config(), { bucket: "brigade" }), function* (store) {
      const uploading = createTask(store.put("under way", bytes(6 * MIB)));
      yield* sleep(0);
      return [store, uploading] as const;
    });
    expect(uploading.done).toBe(true);
    return [store, uploading] as const;
  });
  expect(uploading.result().parts).toBe(0);
  expect(String(await caught(() => run(late.get("under way"))))).toMatch(/is closed/);
  expect(await there.run((store) => store.head("under way"))).toMatchObject({ size: 6 * MIB });
});

test("a body that fails ends what is under way: the upload is aborted, and its task is told", async () => {
  const endless = stream(function* () {
    for (;;) {
      yield Buffer.alloc(MIB);
      yield* sleep(1);
    }
  });
  const told = await run(function* () {
    let uploading: ReturnType<typeof createTask> | undefined;
    try {
      yield* use(s3(there.config(), { bucket: "brigade", partSize: 5 * MIB }), function* (store) {
        uploading = createTask(store.put("endless", endless()));
        const begun = new ListMultipartUploadsCommand({ Bucket: "brigade" });
        while ((yield* store.send(begun)).Uploads === undefined) yield* sleep(5);
        throw new Error("enough");
      });
    } catch (error) {
      expect(String(error)).toBe("Error: enough");
    }
    expect(uploading?.done).toBe(true);
    return uploading?.exception();
  });
  expect(String(told)).toMatch(/is closed/);
  expect(await there.unfinished()).toEqual([]);
});
