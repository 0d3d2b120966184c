/**
 * docs/from-asyncio.md maps every public name of the asyncio at hand and names nothing of Brigade's that is not there; its
 * Python programs print what the page says.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as brigade from "brigade";
import * as instruments from "brigade/instruments";
import * as node from "brigade/node";
import * as testing from "brigade/testing";
import * as trace from "brigade/trace";
import { expect, test } from "vitest";
import { root } from "./examples.ts";

const page = readFileSync(join(root, "docs/from-asyncio.md"), "utf8");

function python(program: string): string {
  const { error, status, stdout, stderr } = spawnSync("python3", ["-c", program], { cwd: root, encoding: "utf8" });
  if (error !== undefined) {
    const missing = "code" in error && error.code === "ENOENT";
    const what = missing
      ? "python3 is missing: install it, then run this again (Debian: apt-get install python3)"
      : `python3 can't be started: ${error.message}`;
    throw new Error(what, { cause: error });
  }
  if (status !== 0) throw new Error(`python3 ended with ${status}: ${stderr}`);
  return stdout;
}

const codeIn = (text = ""): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");

/** The rows of the tables that map names. Those about differences have another third column. */
const rows = page
  .split(/\n{2,}/)
  .filter((part) => /^\| \w+ \| Brigade \| what /.test(part))
  .flatMap((table) => table.trim().split("\n").slice(2))
  .map((line) => line.split("|"))
  .map(([, theirs, ours]) => ({ theirs: codeIn(theirs), ours: codeIn(ours), text: `${theirs}|${ours}` }));

/** asyncio's names, without arguments: "create_task", "Task.cancel". */
const mapped = new Set(rows.flatMap((row) => row.theirs).map((name) => name.replace(/\(.*/, "")));

const unmapped = (names: string): string[] =>
  names
    .trim()
    .split(/\s+/)
    .filter((name) => !mapped.has(name));

test("the page maps every name in the __all__ of this python3's asyncio", () => {
  const names = python("import asyncio; print(*asyncio.__all__)");
  expect(names.split(" ").length).toBeGreaterThan(80);
  expect(unmapped(names)).toEqual([]);
});

test("the page maps every method that this python3's asyncio gives to what people hold in their hands", () => {
  const names = python(`
import asyncio, contextvars
classes = """Task Future Queue Lock Semaphore Event Condition Barrier TaskGroup Timeout Runner Handle TimerHandle Server
StreamReader StreamWriter""".split()
for name in classes:
    for method in dir(getattr(asyncio, name, object)):
        if not method.startswith("_"): print(f"{name}.{method}")
for name in contextvars.__all__: print(name)
for name in ("Context", "ContextVar", "Token"):
    for method in dir(getattr(contextvars, name)):
        if not method.startswith("_"): print(f"{name}.{method}")
for method in dir(asyncio.AbstractEventLoop):
    if not method.startswith("_"): print(f"loop.{method}")
`);
  expect(names.split("\n").length).toBeGreaterThan(100);
  expect(unmapped(names)).toEqual([]);
});

test("every row has an answer: code of Brigade's, or —", () => {
  expect(rows.length).toBeGreaterThan(100);
  const silent = rows.filter(({ ours, text }) => ours.length === 0 && !text.endsWith("| — "));
  expect(silent.map((row) => row.text)).toEqual([]);
});

/** What the page calls an object of each kind. */
async function objects(): Promise<Record<string, object>> {
  const { coroutine, createTask, getRunningLoop, run, sleep, stream } = brigade;
  const waiting = coroutine(function* (): brigade.CoroutineBody<Record<string, object>> {
    const loop = getRunningLoop();
    let group: object = {};
    yield* brigade.taskGroup(function* (given) {
      group = given;
      yield* sleep(0);
    });
    const scope = yield* brigade.timeout(
      1,
      coroutine(function* (given: brigade.TimeoutScope) {
        yield* sleep(0);
        return given;
      }),
    );
    return {
      loop,
      group,
      scope,
      task: createTask(sleep(0)),
      future: loop.createFuture(),
      handle: loop.callSoon(() => {}),
      runner: new brigade.Runner(),
      lock: new brigade.Lock(),
      semaphore: new brigade.Semaphore(),
      event: new brigade.Event(),
      condition: new brigade.Condition(),
      barrier: new brigade.Barrier(1),
      queue: new brigade.Queue(),
      stream: stream(function* () {})(),
      context: brigade.copyContext(),
      variable: new brigade.ContextVar("variable"),
    };
  });
  return run(waiting(), { clock: testing.virtualClock() });
}

/** The same of what leaves the thread: real ones, ended at once. */
async function openObjects(): Promise<Record<string, object>> {
  const { run, sleep, use } = brigade;
  const pool = node.threadPool(new URL("examples.ts", import.meta.url));
  const own = { host: "127.0.0.1", port: 0 };
  return run(
    use(
      node.listen(own, () => sleep(1)),
      (server) =>
        use(node.connect({ ...own, port: server.port }), (connection) =>
          use(node.datagrams(own), (datagram) =>
            use(node.spawn("cat"), (process) => {
              const { reader, writer } = connection;
              return sleep(0, { server, connection, reader, writer, datagram, process, pool });
            }),
          ),
        ),
    ),
  );
}

/** Types that an entry of the package exports. */
function exportedTypes(path: string): string[] {
  const index = readFileSync(join(root, "packages/brigade/src", path), "utf8");
  const lists = [...index.matchAll(/export (type )?\{([^}]*)\}/g)];
  return lists.flatMap(([, all, names = ""]) => {
    const list = names.split(",").map((name) => name.trim());
    return list
      .filter((name) => all !== undefined || name.startsWith("type "))
      .map((name) => name.replace("type ", ""));
  });
}

test("every name in code in the Brigade column is exported, or a member of what is", async () => {
  const held = { ...(await objects()), ...(await openObjects()) };
  const values = [brigade, instruments, node, testing, trace].flatMap((entry) => Object.keys(entry));
  const exported = new Set([...values, ...exportedTypes("index.ts"), ...exportedTypes("node/index.ts")]);
  const isThere = (code: string): boolean => {
    if (code === "yield*") return true;
    const [, name = "", member] = /^(\w+)(?:\.(\w+))?(?=$|\()/.exec(code) ?? [];
    return member === undefined ? exported.has(name) : member in (held[name] ?? {});
  };
  const named = rows.flatMap((row) => row.ours);
  expect(named.length).toBeGreaterThan(150);
  expect(named.filter((code) => !isThere(code))).toEqual([]);
});

test('every value that "brigade" and "brigade/node" export is on the page', () => {
  const prose = page.replaceAll(/^```.*?^```/gms, "");
  const said = new Set(codeIn(prose).flatMap((code) => code.match(/\w+/g) ?? []));
  expect([...Object.keys(brigade), ...Object.keys(node)].filter((name) => !said.has(name))).toEqual([]);
});

test("the Python programs of the page print what their counterparts print", () => {
  const pairs = [...page.matchAll(/```python\n(.*?)```.*?```ts\n.*?```\n\n```text\n(.*?)```/gs)];
  expect(pairs).toHaveLength(10);
  const [major = 0, minor = 0] = python("import sys; print(*sys.version_info[:2])").split(" ").map(Number);
  for (const [, program = "", output] of pairs) {
    // Task groups and timeout() came with Python 3.11; an older one shows at least that the programs are Python.
    if (major === 3 && minor < 11) python(`compile(${JSON.stringify(program)}, "page", "exec")`);
    else expect(python(program)).toBe(output);
  }
});
