import { run, sleep, coroutine, gather, createTask, taskGroup, Queue } from "brigade";
const N=100_000;
const val = coroutine(function* (i: number) { return i; });
const which = process.argv[2];
const fib: (n: number) => any = coroutine(function* (n: number): any { return n < 2 ? n : (yield* fib(n-1)) + (yield* fib(n-2)); });
const sleeper = coroutine(function* () { yield* sleep(100000); });
for (let i=0;i<20;i++) { const t=performance.now();
 if (which==="spawn") await run(gather(Array.from({length:N}, (_, i) => val(i))));
 if (which==="fib") await run(fib(25));
 if (which==="cancel") await run(function* () { const ts = Array.from({length:10000}, () => createTask(sleeper())); yield* sleep(0); for (const t of ts) t.cancel(); for (const t of ts) { try { yield* t } catch {} } });
 console.log((performance.now()-t).toFixed(1)); }
