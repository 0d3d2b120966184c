/** One queue, shared by workers on two machines, with a cable between them that is cut for longer than a lease. */
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { type MachineServer, postgresOn, redisOn, whyNoPostgres } from "./machine-servers.ts";
import { type Machine, type Machines, machines, whyNoMachines } from "./machines.ts";

if (whyNoMachines !== undefined) console.log(`No tests on two machines: ${whyNoMachines}.`);

interface Line {
  readonly what: string;
  readonly id: string;
  readonly attempt: number;
  readonly machine: string;
}

/** The folder that the tasks leave their traces in. */
class Traces implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "brigade-machines-"));

  constructor() {
    mkdirSync(join(this.folder, "effects"));
    writeFileSync(join(this.folder, "journal"), "");
  }

  lines(): Line[] {
    const text = readFileSync(join(this.folder, "journal"), "utf8").trim();
    if (text === "") return [];
    return text.split("\n").map((line) => {
      const [what = "", id = "", attempt = "", machine = ""] = line.split(" ");
      return { what, id, attempt: Number(attempt), machine };
    });
  }

  begun(machine: string): Line[] {
    return this.lines().filter(({ what, machine: where }) => what === "begin" && where === machine);
  }

  effects(): string[] {
    return readdirSync(join(this.folder, "effects"));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly n: number;
  readonly id: string;
  readonly machine: string;
}

/** What the submitter hears. */
class Submitter {
  readonly submitted = new Set<string>();
  readonly ended: Ended[] = [];
  readonly done: Promise<number | null>;

  constructor(child: ChildProcess) {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const said = JSON.parse(line) as { submitted?: number; ended?: number; id: string; result?: { machine: string } };
      if (said.submitted !== undefined) this.submitted.add(said.id);
      if (said.ended !== undefined) this.ended.push({ n: said.ended, id: said.id, machine: said.result!.machine });
    });
    this.done = new Promise((resolve) => child.once("exit", resolve));
  }
}

const program = (name: string): string => new URL(`./programs/${name}.ts`, import.meta.url).pathname;

/** One queue, its engine on the left machine. */
class Shared {
  readonly #pair: Machines;
  readonly #engine: string;
  readonly #lease: number;

  constructor(pair: Machines, server: MachineServer, lease: number) {
    this.#pair = pair;
    this.#engine = server.url;
    this.#lease = lease;
  }

  #start(side: "left" | "right", name: string, args: readonly string[]): ChildProcess {
    const machine: Machine = this.#pair[side];
    return machine.spawn(process.execPath, ["--conditions=@brigade/source", program(name), this.#engine, ...args], {
      stdio: ["ignore", name === "submit" ? "pipe" : "ignore", "inherit"],
      env: { ...process.env, BRIGADE_TEST_MACHINE: side },
    });
  }

  worker(side: "left" | "right"): ChildProcess {
    const options = { queue: "shared", concurrency: 4, lease: this.#lease, grace: 1_000 };
    return this.#start(side, "serve", [JSON.stringify(options)]);
  }

  submit(traces: Traces, task: "work" | "grind", count: number, ms: number): Submitter {
    return new Submitter(this.#start("left", "submit", ["shared", task, traces.folder, String(count), String(ms)]));
  }
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const patience = { timeout: 40_000, interval: 50 };

describe.each([
  { engine: "bullmq", lease: 1_500, serverOn: redisOn, reason: whyNoMachines, long: false },
  { engine: "pg-boss", lease: 10_000, serverOn: postgresOn, reason: whyNoMachines ?? whyNoPostgres, long: true },
])("$engine on two machines", ({ engine, lease, serverOn, reason, long }) => {
  // pg-boss takes a worker for dead after 10 s at the earliest.
  const why = reason ?? (long && process.env["BRIGADE_LONG"] === undefined ? "it takes a minute: BRIGADE_LONG=1" : "");
  if (why !== "") console.log(`No test of ${engine} on two machines: ${why}.`);

  /** With the machines, and everything gone afterwards. */
  const onMachines = async (body: (pair: Machines, shared: Shared, traces: Traces) => Promise<void>): Promise<void> => {
    using traces = new Traces();
    let server: MachineServer | undefined;
    try {
      await using pair = await machines();
      server = await serverOn(pair.left);
      await body(pair, new Shared(pair, server, lease), traces);
    } finally {
      await server?.stop();
    }
  };

  test.skipIf(why !== "")(
    "a cable that is cut for longer than a lease: each job ends, each effect happens once, and the lost machine comes back",
    { timeout: 120_000 },
    async () => {
      await onMachines(async (pair, shared, traces) => {
        shared.worker("left");
        shared.worker("right");
        const jobs = long ? 800 : 150;
        const submitter = shared.submit(traces, "work", jobs, 200);
        await expect.poll(() => traces.begun("right").length, patience).toBeGreaterThan(12);
        pair.cut();
        const before = new Set(traces.begun("right").map(({ id }) => id));
        await pause(lease + 1_000);
        pair.mend();
        await expect
          .poll(() => traces.begun("right").filter(({ id }) => !before.has(id)).length, patience)
          .toBeGreaterThan(4);
        expect(await submitter.done).toBe(0);
        expect(submitter.ended.length).toBe(jobs);
        expect(traces.effects().toSorted()).toEqual([...submitter.submitted].toSorted());
        expect(submitter.submitted.size).toBe(jobs);
        // What ran twice ran on the machine that was cut off: nothing else was given to two.
        const twice = traces.lines().filter(({ what, attempt }) => what === "begin" && attempt > 1);
        for (const { id } of twice)
          expect(before.has(id) || traces.begun("right").some((line) => line.id === id)).toBe(true);
      });
    },
  );

  test.skipIf(why !== "")(
    "what a worker says that was cut off is discarded: the job has the result of the one that ran it then",
    { timeout: 120_000 },
    async () => {
      await onMachines(async (pair, shared, traces) => {
        shared.worker("right");
        // Long enough to be lost, to be run on the left, and to end on the right only after that.
        const submitter = shared.submit(traces, "grind", 1, 2 * lease);
        await expect.poll(() => traces.begun("right").length, patience).toBe(1);
        pair.cut();
        shared.worker("left");
        await expect.poll(() => traces.begun("left").length, patience).toBe(1);
        pair.mend();
        expect(await submitter.done).toBe(0);
        expect(submitter.ended).toMatchObject([{ machine: "left" }]);
        expect(traces.effects()).toEqual([...submitter.submitted]);
        // Nobody runs it a third time.
        await pause(lease);
        expect(traces.lines().filter(({ what }) => what === "begin").length).toBe(2);
      });
    },
  );
});
