/** Runs asyncio/main.py on the CPython of pyodide, for machines without a CPython of their own. */
import { readSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const interpreterFolder: string = fileURLToPath(new URL("../asyncio", import.meta.url));

/** Pyodide runs Python inside a loop of its own; while one is marked as running, asyncio starts no other. */
const runMain = `
import runpy, sys
from asyncio import events

sys.dont_write_bytecode = True
sys.path.insert(0, "/interpreter")
events._set_running_loop(None)
runpy.run_path("/interpreter/main.py", run_name="__main__")
`;

// Without this, pyodide asks Node about its stdin, which then no longer blocks: each line would cost 100 ms.
const python = await loadPyodide({ stdin: () => null });
python.mountNodeFS("/interpreter", interpreterFolder);
// main.py waits for its next line without giving way, as it does everywhere.
python.setStdin({ read: (buffer) => readSync(0, buffer) });
python.setStdout({ write: (buffer) => writeSync(1, buffer) });
try {
  python.runPython(runMain);
} catch (error) {
  // Python's traceback; the stack that Node would print with it is a page of pyodide's minified code.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
