/** How far a campaign has come, in a file, so that an interrupted one can be continued. */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const repository: string = join(import.meta.dirname, "../../..");
const file: string = join(repository, "node_modules/.cache/brigade-conformance/campaign.json");

export interface CampaignState {
  readonly seed: number;
  readonly programs: number;
  /** Every program below this has been run. */
  readonly done: number;
  readonly mismatches: readonly number[];
  /** Of all that decides what the programs are and do: what was run with other sources shows nothing. */
  readonly sources: string;
}

/** What decides the outcome: the generator, the interpreters and the runtime. */
const SOURCES = [
  "conformance/asyncio/*.py",
  "conformance/src/*.ts",
  "conformance/src/generator/*.ts",
  "packages/brigade/src/**/*.ts",
];

export function hashOfSources(): string {
  const hash = createHash("sha256");
  for (const path of globSync(SOURCES, { cwd: repository }).toSorted()) {
    hash.update(path).update(readFileSync(join(repository, path)));
  }
  return hash.digest("hex");
}

/** Where it stands, for the reader. */
export const stateFile: string = relative(repository, file);

export function saveState(state: CampaignState): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file); // half a file would be worse than an old one
}

/** Throws when there is nothing to continue. */
export function loadState(): CampaignState {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`there is no campaign to continue (${stateFile} is missing): leave --resume out`);
  }
  const state = JSON.parse(text) as CampaignState;
  if (state.sources !== hashOfSources()) {
    throw new Error(
      `the sources have changed since the campaign of seed ${state.seed} stopped at ${state.done}: begin again, without --resume`,
    );
  }
  return state;
}
