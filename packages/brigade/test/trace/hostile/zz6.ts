import * as T from "brigade/trace";
const which = process.argv[2]!;
const parts: Uint8Array[] = [];
const w = new T.TraceWriter(
  (b) => {
    parts.push(b);
  },
  { startedAt: 0 },
);
for (const name of ["main", "x", "job"]) w.string(name);
w.place({ kind: "sleep", label: "5 ms", frames: [], exact: false });
w.place({ kind: "gather", frames: [{ name: "f", file: "/no/such/file.ts", line: 3, column: 1 }], exact: true });
w.place({ kind: "Lock.acquire", frames: [{ name: "" }, { name: "g", line: -1 }], exact: true });
w.resource({ kind: "Lock", name: "db", capacity: 1 });
if (which === "large")
  for (let i = 0; i < 20; i++) w.event(T.CREATED, i, 0xffff_ffff - i * 1_000_000, 0xffff_fffe, 0xffff_ffff);
else {
  w.event(T.CREATED, 0, 1, 0, 1);
  w.event(T.STEP, Number(which), 1, 5, 1);
  w.event(T.WOKEN, 3, 1, 0, 0);
  w.event(T.STEP, 4, 1, 5, 0);
}
w.close();
const trace = T.readTrace(Buffer.concat(parts));
const step = (name: string, f: () => unknown) => {
  const t = performance.now();
  process.stdout.write(name + " ");
  try {
    f();
  } catch (e) {
    console.log("THROWS", e);
  }
  console.log((performance.now() - t).toFixed(1));
};
const tl = T.timelineOf(trace);
console.log(tl.taskCount, tl.start, tl.end, tl.spanCount);
step("path", () => [...T.criticalPath(tl)]);
step("totals", () => T.totals(tl));
step("state", () => T.cyclesOf(tl, T.stateAt(tl, tl.end)));
step("json", () => JSON.parse([...T.toJson(tl)].join("")));
step("chrome", () => JSON.parse([...T.toChromeTrace(tl)].join("")));
step("replay", () => T.replay(trace));
step("advice", () => T.adviceReport(trace));
step("svg", () => [...T.toSvg(tl)].join(""));
