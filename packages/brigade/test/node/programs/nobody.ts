/** Gives up being root and does what only root may. Told a folder with files of root's; prints the errors as JSON. */
import { join } from "node:path";
import { type AwaitableLike, collect, coroutine, type CoroutineBody, run, use } from "brigade";
import { appendLine, connect, exec, listen, readLines, readText, walk, watch, write, writeAtomic } from "brigade/node";

const [, , folder = ""] = process.argv;

const refused = coroutine(function* (awaitable: AwaitableLike<unknown>): CoroutineBody<unknown> {
  try {
    yield* awaitable as ReturnType<typeof exec>;
    return "done";
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    return { name, code, message };
  }
});

const main = coroutine(function* (): CoroutineBody<unknown> {
  const secret = join(folder, "secret.txt");
  const socket = join(folder, "socket");
  const nothing = coroutine(function* (): CoroutineBody<void> {});
  return yield* use(listen({ path: socket }, nothing), function* () {
    process.setgroups?.([]);
    process.setgid?.(65534);
    process.setuid?.(65534);
    return {
      readText: yield* refused(readText(secret)),
      readLines: yield* refused(collect(readLines(secret))),
      write: yield* refused(write(secret, "mine")),
      writeAtomic: yield* refused(writeAtomic(secret, "mine")),
      create: yield* refused(write(join(folder, "new.txt"), "mine")),
      appendLine: yield* refused(appendLine(secret, "mine")),
      walk: yield* refused(collect(walk(join(folder, "locked")))),
      watch: yield* refused(watch(join(folder, "locked", "deeper")).next()),
      exec: yield* refused(exec(secret)),
      cwd: yield* refused(exec("true", [], { cwd: join(folder, "locked") })),
      connect: yield* refused(use(connect({ path: socket }), nothing)),
      listen: yield* refused(use(listen({ path: join(folder, "another") }, nothing), nothing)),
    };
  });
});

console.log(JSON.stringify(await run(main)));
process.exit(0); // the socket's file is root's, and can't be removed now
