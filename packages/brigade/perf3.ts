import { run, coroutine, gather, sleep } from "brigade";
const fib: (n: number) => any = coroutine(function* (n: number): any { return n < 2 ? n : (yield* fib(n-1)) + (yield* fib(n-2)); });
async function nfib(n: number): Promise<number> { return n < 2 ? n : (await nfib(n-1)) + (await nfib(n-2)); }
const val = coroutine(function* (i: number) { return i; });
async function nval(i: number) { return i; }
const callLoop = coroutine(function* () { let s=0; for (let i=0;i<300_000;i++) s += yield* val(i); return s; });
async function ncall() { let s=0; for (let i=0;i<300_000;i++) s += await nval(i); return s; }
const tree: (n: number) => any = coroutine(function* (n: number): any { if (n===0) return; const c=[]; for (let i=0;i<6;i++) c.push(tree(n-1)); yield* gather(c); });
async function ntree(n: number): Promise<void> { if (n===0) return; const c=[]; for (let i=0;i<6;i++) c.push(ntree(n-1)); await Promise.all(c); }
const sw = coroutine(function* () { for (let i=0;i<10;i++) yield* sleep(0); });
async function nsw() { for (let i=0;i<10;i++) await undefined; }
const N = 100_000;
const works: Record<string, [() => Promise<unknown>, () => Promise<unknown>, number]> = {
  fib: [() => run(fib(25)), () => nfib(25), 250_000],
  call: [() => run(callLoop()), () => ncall(), 300_000],
  spawn: [() => run(gather(Array.from({length:N}, (_, i) => val(i)))), () => Promise.all(Array.from({length:N}, (_, i) => nval(i))), N],
  tree: [() => run(tree(6)), () => ntree(6), 55987],
  switch: [() => run(gather(Array.from({length:N}, () => sw()))), () => Promise.all(Array.from({length:N}, () => nsw())), N*10],
};
const only = process.argv[2]?.split(",") ?? Object.keys(works);
for (const w of only) { const [a,b,n] = works[w]!; const A: number[]=[], B: number[]=[];
  for (let i=0;i<15;i++) { (globalThis as any).gc?.(); let t=performance.now(); await a(); A.push(performance.now()-t); (globalThis as any).gc?.(); t=performance.now(); await b(); B.push(performance.now()-t); }
  A.sort((x,y)=>x-y); B.sort((x,y)=>x-y);
  console.log(w.padEnd(8), "brigade", (A[7]!*1e6/n).toFixed(0), "min", (A[0]!*1e6/n).toFixed(0), "| native", (B[7]!*1e6/n).toFixed(0), "min", (B[0]!*1e6/n).toFixed(0), "| ratio med", (A[7]!/B[7]!).toFixed(2), "min", (A[0]!/B[0]!).toFixed(2)); }
