/** Explores the six races: when each is found and how it comes about, and that its fix survives every schedule. */
import { fileURLToPath } from "node:url";
import { type Coroutine, run } from "brigade";
import { type Exploration, ExplorationError, explore, virtualClock } from "brigade/testing";
import { races } from "./races.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

for (const { name, file, broken, fixed } of races) {
  console.log(`${name}: examples/races/src/${file}`);
  await run(broken, { clock: virtualClock() });
  console.log("  a plain run passes");
  const found = await failureOf(broken);
  console.log(`  explore: schedule ${found.schedules} of at most 1000 fails\n`);
  console.log(indented(found.message.replaceAll(repository, "").trimEnd()));
  console.log(`\n  fixed: ${survived(await explore(fixed, { strategy: "exhaustive" }))}\n`);
}

async function failureOf(program: () => Coroutine<void>): Promise<ExplorationError> {
  try {
    await explore(program);
  } catch (error) {
    if (error instanceof ExplorationError) return error;
    throw error;
  }
  throw new Error("explore found nothing");
}

function survived({ schedules, complete }: Exploration): string {
  return complete ? `every schedule passes, ${schedules} of them` : `${schedules} schedules pass`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "    ");
}
