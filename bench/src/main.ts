/** `npm run bench`: does each work with every peer, and shows how they compare. */
import { writeFileSync } from "node:fs";
import { BuildFailed, ensureBuilt } from "./built-package.ts";
import type { Setting } from "./contender.ts";
import { contenderOf, quickened } from "./contenders.ts";
import { Places } from "./data/places.ts";
import { Origin } from "./http/origin-process.ts";
import { describeMachine, isOverloaded } from "./machine.ts";
import { LinesFile } from "./node/lines-file.ts";
import { type Options, readOptions, USAGE, UsageError } from "./options.ts";
import { findPeers, isHere, type PeersHere } from "./peers-here.ts";
import { measure, type Outcome } from "./rounds.ts";
import { isBounded, isMet, jsonOf, type Row, rowsOf } from "./row.ts";
import { readable, tableOf } from "./table.ts";
import type { Rival, Work } from "./work.ts";
import { works } from "./works.ts";

const brigade: Rival = { label: "brigade", peer: "brigade" };

interface Results {
  readonly rows: readonly Row[];
  /** How a rival did a work in a way of its own. */
  readonly notes: readonly string[];
  /** Who failed, and who wrote to stderr. */
  readonly trouble: readonly string[];
  readonly anyFailed: boolean;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** On a terminal, a line that changes; elsewhere a work has one line, when it is done. */
function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line}`);
}

function notesOf(work: Work, rivals: readonly Rival[], outcomes: readonly Outcome[]): readonly string[] {
  const remarks = outcomes.flatMap(({ remark }) => (remark === undefined ? [] : [`${work.name}: ${remark}`]));
  const ways = rivals.flatMap(({ label, count, note }) => {
    const says = note === undefined ? [] : [`${work.name}, ${label}: ${note}`];
    if (count === undefined) return says;
    return [...says, `${work.name}, ${label}: ${count.toLocaleString("en")} units only; the figure is per unit`];
  });
  return [...remarks, ...ways];
}

function troubleOf(work: Work, outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ label, failure, complaints }) => {
    if (failure !== undefined) return [`${work.name}, ${label}, failed: ${failure}`];
    return complaints === "" ? [] : [`${work.name}, ${label}, wrote to stderr: ${complaints.trim()}`];
  });
}

/** The most that is worth while: a bundle weighs the same every time. */
function roundsOf(work: Work, rounds: number): number {
  return work.kind === "size" ? 1 : Math.min(rounds, work.rounds ?? rounds);
}

function linesFileOf(work: Work): LinesFile | undefined {
  return work.kind === "program" && work.lines === true ? new LinesFile(work.count) : undefined;
}

interface Servers {
  readonly origin: Origin | undefined;
  readonly places: Places;
}

/** Where the work's programs find what they ask or read. */
async function urlFor(work: Work, file: LinesFile | undefined, { origin, places }: Servers): Promise<string> {
  if (work.kind === "program" && work.place !== undefined) return places.urlOf(work.place);
  return file?.url ?? origin?.url ?? "";
}

async function measureAll({ chosen, rounds, quick }: Options, peers: PeersHere, servers: Servers): Promise<Results> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const trouble: string[] = [];
  let anyFailed = false;
  for (const [index, asked] of chosen.entries()) {
    const work = quick ? quickened(asked) : asked;
    const heading = `[${index + 1}/${chosen.length}] ${work.name}`;
    const rivals = work.rivals.filter(({ peer }) => isHere(peer, peers));
    const file = linesFileOf(work);
    const setting: Setting = { executables: peers.executables, url: await urlFor(work, file, servers) };
    const contenders = [brigade, ...rivals].map((rival) => contenderOf(rival, work, setting, servers.origin));
    const outcomes = await measure(contenders, roundsOf(work, rounds), (doing) =>
      showProgress(`${heading}: ${doing}`),
    ).finally(() => file?.clear());
    showProgress("");
    const figures = outcomes.map(
      ({ label, median }) => `${label} ${median === undefined ? "FAILED" : readable(median)}`,
    );
    say(`${heading}: ${figures.join(", ")} ${work.unit}`);
    rows.push(...rowsOf(work, outcomes));
    notes.push(...notesOf(work, rivals, outcomes));
    trouble.push(...troubleOf(work, outcomes));
    anyFailed ||= outcomes.some(({ failure }) => failure !== undefined);
  }
  return { rows, notes, trouble, anyFailed };
}

function show({ rows, notes, trouble }: Results): void {
  const bounded = rows.filter(isBounded);
  console.log(`\n${tableOf(rows)}\n`);
  console.log(
    `${bounded.filter(isMet).length} of ${bounded.length} bounds met. ratio = brigade / other: below 1, Brigade needs less; of what is counted per second, above 1, it does more.`,
  );
  for (const note of notes) console.log(`- ${note}`);
  for (const line of trouble) console.log(`! ${line}`);
}

function list(): void {
  const width = Math.max(...works.map(({ name }) => name.length));
  for (const { name, what, unit } of works) console.log(`${name.padEnd(width)}  ${what} (${unit})`);
}

function isLoad(work: Work): boolean {
  if (work.kind === "program" && work.place !== undefined) return true;
  return work.kind === "server" || work.kind === "echo" || work.server === true;
}

async function bench(options: Options): Promise<number> {
  ensureBuilt(say);
  const peers = await findPeers(options.chosen);
  say(`The built packages on ${describeMachine(peers.versions)}. Median of ${options.rounds} rounds.`);
  for (const line of peers.missing) say(line);
  const crowded = "Other programs keep the processors busy: the ratios are rough.";
  const wasOverloaded = isOverloaded();
  if (wasOverloaded) say(crowded);
  const started = performance.now();
  const origin = options.chosen.some(({ server }) => server === true) ? await Origin.start() : undefined;
  const places = new Places();
  const results = await measureAll(options, peers, { origin, places }).finally(async () => {
    await origin?.stop();
    await places.clear();
  });
  show(results);
  for (const line of peers.missing) console.log(`- ${line}`);
  // A client and its server are two programs, and more with their collectors' threads: then the load is the bench's own.
  const ownLoad = options.chosen.some(isLoad);
  if (wasOverloaded || (!ownLoad && isOverloaded())) console.log(crowded);
  say(`Done in ${readable((performance.now() - started) / 1_000)} s.`);
  if (options.json !== undefined) writeFileSync(options.json, jsonOf(results.rows));
  return results.anyFailed ? 1 : 0;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.list) list();
  else process.exitCode = await bench(options);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof BuildFailed)) throw error;
  say(error.message);
  if (error instanceof UsageError) say(USAGE);
  process.exitCode = 2;
}
