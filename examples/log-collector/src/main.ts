/**
 * Collects log lines over TCP: `main.ts folder port`. Every line that a client sends is appended to folder/current.log. SIGHUP rotates the
 * file and compresses the old one; Ctrl-C and SIGTERM end it when everything that came is written.
 */
import { CancelledError, coroutine, forEach, run, taskGroup, use, wait } from "brigade";
import {
  type Connection,
  FileError,
  LimitOverrunError,
  listen,
  SocketClosedError,
  SocketListenError,
  signals,
} from "brigade/node";
import { type Log, openLog } from "./log.ts";

const [folder = "logs", port = "0"] = process.argv.slice(2);
const longest = 4096;

/** Takes a client's lines until it goes away. */
const serve = coroutine(function* serve(log: Log, client: Connection) {
  try {
    yield* forEach(client.reader.lines({ limit: longest }), (line) => log.append(line));
  } catch (error) {
    if (error instanceof LimitOverrunError) yield* client.writer.end(`a line has at most ${longest} bytes\n`);
    else if (!(error instanceof SocketClosedError)) throw error; // it went away in the middle of a line
  }
});

const rotateWhenTold = coroutine(function* rotateWhenTold(log: Log) {
  yield* forEach(signals("SIGHUP"), function* () {
    const rotated = yield* log.rotate();
    console.log(rotated === undefined ? "nothing to rotate" : `rotated: ${rotated}`);
  });
});

const main = use(openLog(folder), (log) =>
  taskGroup(function* (group) {
    group.createTask(rotateWhenTold(log));
    const server = listen({ port: Number(port) }, (client) => serve(log, client));
    yield* use(server, function* (listening) {
      console.log(`collecting on port ${listening.port}`);
      // Until a line can't be written, or a signal cancels main. That would cancel a task it awaits, but not one it waits for.
      yield* wait([log.writing]);
      group.cancelChildren();
    });
  }),
);

try {
  await run(main, { handleSignals: true });
} catch (error) {
  if (error instanceof CancelledError) console.log("every line is written");
  else if (error instanceof SocketListenError || error instanceof FileError) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error;
}
