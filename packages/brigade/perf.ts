import { run, sleep, coroutine, gather, createTask, taskGroup, Queue } from "brigade";
async function time(name: string, n: number, f: () => Promise<unknown>) {
  const ts: number[] = [];
  for (let i=0;i<7;i++) { (globalThis as any).gc?.(); const t=performance.now(); await f(); ts.push(performance.now()-t); }
  ts.sort((a,b)=>a-b);
  console.log(name.padEnd(30), (ts[3]!).toFixed(1)+" ms", (ts[3]!*1e6/n).toFixed(0)+" ns/op", ts.map(x=>x.toFixed(0)).join(" "));
}
const N=100_000;
const sw = coroutine(function* () { for (let i=0;i<10;i++) yield* sleep(0); });
await time("switch brigade", N*10, () => run(gather(Array.from({length:N}, () => sw()))));
async function nsw() { for (let i=0;i<10;i++) await undefined; }
await time("switch native", N*10, () => Promise.all(Array.from({length:N}, () => nsw())));
const val = coroutine(function* (i: number) { return i; });
await time("spawn brigade", N, () => run(gather(Array.from({length:N}, (_, i) => val(i)))));
async function nval(i: number) { return i; }
await time("spawn native", N, () => Promise.all(Array.from({length:N}, (_, i) => nval(i))));
const callLoop = coroutine(function* () { let s=0; for (let i=0;i<1_000_000;i++) s += yield* val(i); return s; });
await time("call brigade", 1e6, () => run(callLoop()));
async function ncall() { let s=0; for (let i=0;i<1_000_000;i++) s += await nval(i); return s; }
await time("call native", 1e6, () => ncall());
const fib: (n: number) => any = coroutine(function* (n: number): any { return n < 2 ? n : (yield* fib(n-1)) + (yield* fib(n-2)); });
await time("fib brigade", 250_000, () => run(fib(25)));
async function nfib(n: number): Promise<number> { return n < 2 ? n : (await nfib(n-1)) + (await nfib(n-2)); }
await time("fib native", 250_000, () => nfib(25));
const tree: (n: number) => any = coroutine(function* (n: number): any { if (n===0) return; const c=[]; for (let i=0;i<6;i++) c.push(tree(n-1)); yield* gather(c); });
await time("tree brigade", 55987, () => run(tree(6)));
async function ntree(n: number): Promise<void> { if (n===0) return; const c=[]; for (let i=0;i<6;i++) c.push(ntree(n-1)); await Promise.all(c); }
await time("tree native", 55987, () => ntree(6));
const treetg: (n: number) => any = coroutine(function* (n: number): any { if (n===0) return; yield* taskGroup(function*(g) { for (let i=0;i<6;i++) g.createTask(treetg(n-1) as any); }); });
await time("tree tg brigade", 55987, () => run(treetg(6)));
const sleeper = coroutine(function* () { yield* sleep(100000); });
await time("cancel brigade", 10000, () => run(function* () { const ts = Array.from({length:10000}, () => createTask(sleeper())); yield* sleep(0); for (const t of ts) t.cancel(); for (const t of ts) { try { yield* t } catch {} } }));
async function nsl(signal: AbortSignal) { try { const {setTimeout: st} = await import("node:timers/promises"); await st(100000, undefined, {signal}) } catch {} }
await time("cancel native", 10000, async () => { const cs = Array.from({length:10000}, () => new AbortController()); const ps = cs.map(c => nsl(c.signal)); await undefined; await new Promise(r => setImmediate(r)); for (const c of cs) c.abort(); await Promise.all(ps); });
await time("queue brigade", 1e6, () => run(function* () { const q = new Queue<number>({maxSize:16}); const p = createTask((function* () { for (let i=0;i<1e6;i++) yield* q.put(i) })()); let s=0; for (let i=0;i<1e6;i++) s += yield* q.get(); yield* p; return s }));
const deep: (d: number, n: number) => any = coroutine(function* (d: number, n: number): any { if (d > 1) return yield* deep(d-1, n); for (let i=0;i<n;i++) yield* sleep(0); });
for (const d of [1,10,100,1000]) await time("depth "+d, 100000, () => run(deep(d, 100000)));
await time("gather-sleep", 10000, () => run(gather(Array.from({length:10000}, () => sleep(10)))));
{ (globalThis as any).gc(); const before = process.memoryUsage().heapUsed; let after = 0;
  await run(function* () { const ts = Array.from({length:N}, () => createTask(sleeper())); yield* sleep(10); (globalThis as any).gc(); after = process.memoryUsage().heapUsed; });
  console.log("parked bytes", (after-before)/N); }
