/** `npm run bench`: does each work with every peer, and shows how they compare. */
import { writeFileSync } from "node:fs";
import { BuildFailed, ensureBuilt } from "./built-package.ts";
import { SizeContender } from "./bundle-size.ts";
import { type Contender, ProgramContender } from "./contender.ts";
import { describeMachine, findPython, isOverloaded } from "./machine.ts";
import { type Options, readOptions, USAGE, UsageError } from "./options.ts";
import { measure, type Outcome } from "./rounds.ts";
import { isBounded, isMet, jsonOf, type Row, rowsOf } from "./row.ts";
import { StartupContender } from "./startup.ts";
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

function contendersOf(work: Work, rivals: readonly Rival[], python: string | undefined): readonly Contender[] {
  return [brigade, ...rivals].map((rival) => {
    switch (work.kind) {
      case "program":
        return new ProgramContender(rival, work, python);
      case "size":
        return new SizeContender(rival.label);
      case "startup":
        return new StartupContender(rival.label, python);
    }
  });
}

function notesOf(work: Work, rivals: readonly Rival[]): readonly string[] {
  return rivals.flatMap(({ label, count, note }) => {
    const says = note === undefined ? [] : [`${work.name}, ${label}: ${note}`];
    if (count === undefined) return says;
    return [...says, `${work.name}, ${label}: ${count.toLocaleString("en")} units only; the figure is per unit`];
  });
}

function troubleOf(work: Work, outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ label, failure, complaints }) => {
    if (failure !== undefined) return [`${work.name}, ${label}, failed: ${failure}`];
    return complaints === "" ? [] : [`${work.name}, ${label}, wrote to stderr: ${complaints.trim()}`];
  });
}

async function measureAll({ chosen, rounds }: Options, python: string | undefined): Promise<Results> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const trouble: string[] = [];
  let anyFailed = false;
  for (const [index, work] of chosen.entries()) {
    const heading = `[${index + 1}/${chosen.length}] ${work.name}`;
    const rivals = work.rivals.filter(({ peer }) => peer !== "asyncio" || python !== undefined);
    // A bundle weighs the same every time.
    const outcomes = await measure(contendersOf(work, rivals, python), work.kind === "size" ? 1 : rounds, (doing) => {
      showProgress(`${heading}: ${doing}`);
    });
    showProgress("");
    const figures = outcomes.map(
      ({ label, median }) => `${label} ${median === undefined ? "FAILED" : readable(median)}`,
    );
    say(`${heading}: ${figures.join(", ")} ${work.unit}`);
    rows.push(...rowsOf(work, outcomes));
    notes.push(...notesOf(work, rivals));
    trouble.push(...troubleOf(work, outcomes));
    anyFailed ||= outcomes.some(({ failure }) => failure !== undefined);
  }
  return { rows, notes, trouble, anyFailed };
}

function show({ rows, notes, trouble }: Results): void {
  const bounded = rows.filter(isBounded);
  console.log(`\n${tableOf(rows)}\n`);
  console.log(
    `${bounded.filter(isMet).length} of ${bounded.length} bounds met. ratio = brigade / other: below 1, Brigade needs less.`,
  );
  for (const note of notes) console.log(`- ${note}`);
  for (const line of trouble) console.log(`! ${line}`);
}

function list(): void {
  const width = Math.max(...works.map(({ name }) => name.length));
  for (const { name, what, unit } of works) console.log(`${name.padEnd(width)}  ${what} (${unit})`);
}

async function bench(options: Options): Promise<number> {
  ensureBuilt(say);
  const python = findPython();
  say(`The built package on ${describeMachine(python)}. Median of ${options.rounds} rounds.`);
  if (python === undefined) say("There is no python3 on this machine, so asyncio is left out.");
  const crowded = "Other programs keep the processors busy: the ratios are rough.";
  if (isOverloaded()) say(crowded);
  const started = performance.now();
  const results = await measureAll(options, python?.executable);
  show(results);
  if (isOverloaded()) console.log(crowded);
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
