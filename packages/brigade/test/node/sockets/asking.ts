/** A server that echoes, and clients that ask it. */
import { type Coroutine, type CoroutineBody, coroutine, sleep, timeout, use } from "brigade";
import { connect, type Connection, type SocketServer } from "brigade/node";

export function* echo({ reader, writer }: Connection): CoroutineBody<void> {
  for (let piece = yield* reader.read(); piece !== undefined; piece = yield* reader.read()) yield* writer.write(piece);
}

export const ask: (server: SocketServer, question: string) => Coroutine<string> = coroutine(function* ask(
  server: SocketServer,
  question: string,
): CoroutineBody<string> {
  return yield* use(connect({ host: "127.0.0.1", port: server.port }), function* ({ reader, writer }) {
    yield* writer.end(question);
    return yield* reader.text();
  });
});

export const until: (claim: () => boolean) => Coroutine<void> = coroutine(function* until(
  claim: () => boolean,
): CoroutineBody<void> {
  yield* timeout("5s", function* () {
    while (!claim()) yield* sleep(2);
  });
});
