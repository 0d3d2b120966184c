/** listen of brigade/node: each connection has a task, which gives back what it reads. */
import { coroutine, run, sleep, use } from "brigade";
import { type Connection, listen as listenTo } from "brigade/node";
import { BACKLOG } from "../../node/echo.ts";

const echo = coroutine(function* ({ reader, writer }: Connection) {
  for (;;) {
    const bytes = yield* reader.read();
    if (bytes === undefined) return;
    yield* writer.write(bytes);
  }
});

export function listen(): Promise<string> {
  return new Promise((resolve, reject) => {
    run(function* () {
      yield* use(listenTo({ host: "127.0.0.1", port: 0, backlog: BACKLOG }, echo), function* ({ port }) {
        resolve(`tcp://127.0.0.1:${port}`);
        yield* sleep(Infinity);
      });
    }).catch(reject);
  });
}
