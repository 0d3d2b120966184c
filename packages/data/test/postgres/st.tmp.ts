import { postgres as brigade } from "@brigade/data/postgres";
import { run, use, forEach, fromPromise } from "brigade";
import bare from "postgres";
import { startPostgres } from "../servers/postgres.ts";
const server = await startPostgres(); const url = server.url; const sql = bare(url); const M = 100000;
try { await run(use(brigade(url), function* (db) { const o: number[] = [], b: number[] = [];
  for (let r=0;r<22;r++) { let t=performance.now(), n=0; yield* forEach(db.stream<{x:number}>`select x, 'some text ' || x as s from generate_series(1, ${M}::int) x`, () => { n++; }); if (r>1) o.push(performance.now()-t);
    t=performance.now(); n=0; yield* fromPromise((async()=>{ for await (const rows of sql`select x, 'some text ' || x as s from generate_series(1, ${M}::int) x`.cursor(1000)) for (const row of rows) n++; })()); if (r>1) b.push(performance.now()-t); }
  o.sort((x,y)=>x-y); b.sort((x,y)=>x-y); console.log("ours", o[0]!.toFixed(0), o[10]!.toFixed(0), "bare", b[0]!.toFixed(0), b[10]!.toFixed(0), "ratio min", (b[0]!/o[0]!).toFixed(2), "median", (b[10]!/o[10]!).toFixed(2), "rss", Math.round(process.memoryUsage().rss/1e6));
})); } finally { await sql.end(); await server.stop(); }
