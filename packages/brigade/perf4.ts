import { run, coroutine, gather, sleep } from "brigade";
const tree: (n: number) => any = coroutine(function* (n: number): any { if (n===0) return; const c=[]; for (let i=0;i<6;i++) c.push(tree(n-1)); yield* gather(c); });
const val = coroutine(function* (i: number) { return i; });
const sw = coroutine(function* () { for (let i=0;i<10;i++) yield* sleep(0); });
const A: number[] = [];
for (let i=0;i<40;i++) { const t=performance.now();
  if (process.argv[2]==="tree") await run(tree(6)); else if (process.argv[2]==="switch") await run(gather(Array.from({length:100000}, () => sw()))); else await run(gather(Array.from({length:100000}, (_, i) => val(i))));
  A.push(performance.now()-t); }
console.log(A.map(x => x.toFixed(0)).join(" "));
