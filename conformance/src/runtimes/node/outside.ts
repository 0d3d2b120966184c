/** Files and sockets. */
import { join } from "node:path";
import { collect, createTask, Event, forEach, moveOnAfter, sleep, stream, use } from "brigade";
import {
  appendLine,
  connect,
  datagrams,
  listen,
  readBytes,
  readLines,
  readText,
  tempDir,
  walk,
  watch,
  write,
  writeAtomic,
} from "brigade/node";
import { type Check, failureOf } from "./check.ts";

const pieces = stream(function* () {
  for (const piece of ["one\n", "tw", "o\r\n", "thr€e"]) {
    yield* sleep(1);
    yield piece;
  }
});

export const fileChecks: readonly Check[] = [
  {
    claim: "files: written from a stream, read by lines, and gone with their folder",
    *sees() {
      let file = "";
      const lines = yield* use(tempDir(), function* (folder) {
        file = join(folder, "lines.txt");
        yield* write(file, pieces());
        return yield* collect(readLines(file));
      });
      return [lines, yield* failureOf(() => readText(file))];
    },
    expected: [["one", "two", "thr€e"], "FileError"],
  },
  {
    claim: "files: replaced as a whole, appended to, found by walk",
    *sees() {
      return yield* use(tempDir(), function* (folder) {
        const file = join(folder, "file.txt");
        yield* writeAtomic(file, "old");
        yield* writeAtomic(file, "new\n");
        yield* appendLine(file, "line");
        const found = yield* collect(walk(folder));
        return [
          yield* readText(file),
          (yield* readBytes(file)).byteLength,
          found.map(({ name, kind }) => [name, kind]),
        ];
      });
    },
    expected: ["new\nline\n", 9, [["file.txt", "file"]]],
  },
  {
    claim: "files: a change is watched",
    *sees() {
      return yield* use(tempDir(), function* (folder) {
        const ready = new Event();
        const changes = watch(folder, { onReady: () => ready.set() });
        const reading = createTask(changes.next());
        yield* ready.wait();
        yield* write(join(folder, "new.txt"), "text");
        const { value } = yield* reading;
        yield* changes.close();
        return value?.path.endsWith("new.txt");
      });
    },
    expected: true,
  },
];

const echo = (at: { readonly port: number } | { readonly path: string }) =>
  use(
    listen(at, (client) => forEach(client.reader.lines(), (line) => client.writer.write(`${line}!\n`))),
    (server) =>
      use(connect("path" in at ? at : { host: "127.0.0.1", port: server.port ?? 0 }), function* (connection) {
        yield* connection.writer.write("one\n");
        const first = yield* connection.reader.readLine();
        yield* connection.writer.end("two");
        return [first, yield* connection.reader.text()];
      }),
  );

export const socketChecks: readonly Check[] = [
  {
    claim: "sockets: an echo over TCP, with half close",
    *sees() {
      return yield* echo({ port: 0 });
    },
    expected: ["one!", "two!\n"],
  },
  {
    claim: "sockets: an echo over a Unix socket",
    *sees() {
      return yield* use(tempDir(), (folder) => echo({ path: join(folder, "echo.sock") }));
    },
    expected: ["one!", "two!\n"],
  },
  {
    claim: "sockets: a connection that is refused, and one that nobody answers to",
    *sees() {
      const port = yield* use(
        listen({ port: 0 }, () => sleep("1m")),
        function* (server) {
          const silent = use(connect({ host: "127.0.0.1", port: server.port ?? 0 }), (to) => to.reader.readLine());
          yield* moveOnAfter(100, silent);
          return server.port ?? 0;
        },
      );
      return yield* failureOf(function* () {
        yield* use(connect({ host: "127.0.0.1", port }), () => sleep(0));
      });
    },
    expected: "SocketConnectError",
  },
  {
    claim: "sockets: datagrams",
    *sees() {
      return yield* use(datagrams({ host: "127.0.0.1", port: 0 }), (one) =>
        use(datagrams({ host: "127.0.0.1", port: 0 }), function* (other) {
          yield* other.send("hello", { host: "127.0.0.1", port: one.address.port });
          const { data, port } = yield* one.receive();
          return [new TextDecoder().decode(data), port === other.address.port];
        }),
      );
    },
    expected: ["hello", true],
  },
];
