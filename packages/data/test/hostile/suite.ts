/** The claims that hold for every pool, as tests of one subject. */
import { type AwaitableLike, fromPromise, type Report, run, use } from "brigade";
import { describe, expect, test } from "vitest";
import { expectNothingLeft } from "../../../brigade/test/node/hostile/leaves-nothing.ts";
import { eventuallyLeft, held, warmedUp } from "../../../brigade/test/node/left.ts";
import { abandoned, crowds, expectRight, nested, openings, type Subject, storms, Weather } from "./storms.ts";

// Servers take real time: no virtual clock.
const seeds = Array.from({ length: process.env["BRIGADE_LONG"] === undefined ? 1 : 20 }, (_, i) => i + 1);

/** Connections close when the server gets round to it. */
async function expectConnections(connections: () => Promise<number>, most: number): Promise<void> {
  await expect.poll(connections, { timeout: 5_000, interval: 20 }).toBeLessThanOrEqual(most);
}

/** `make` is called when the server is there. */
export function describeStorms<Db>(what: string, make: () => Subject<Db>): void {
  /** After the program: no task, timer, permit, descriptor, process or connection more than before, and no report. */
  const expectNothingOf = async (program: (subject: Subject<Db>) => AwaitableLike<unknown>): Promise<void> => {
    const subject = make();
    const before = await subject.connections();
    await expectNothingLeft(() => program(subject));
    await expectConnections(subject.connections, before);
  };

  describe(`${what}, stormed`, () => {
    // What a driver loads and keeps is no leak.
    test("answers what it is asked", async () => {
      const subject = make();
      await run(
        use(subject.open(4), function* (db) {
          yield* expectRight(subject, db);
        }),
      );
      await expectNothingOf(() =>
        use(subject.open(4), function* (db) {
          yield* expectRight(subject, db);
        }),
      );
    });

    describe.each(seeds)("seed %i", (seed) => {
      test.each(Object.entries(storms))("survives %s", async (_, storm) => {
        await expectNothingOf((subject) =>
          use(subject.open(4), function* (db) {
            yield* storm(subject, db, new Weather(seed));
            yield* expectRight(subject, db);
            yield* fromPromise(expectConnections(subject.connections, subject.most(4)));
          }),
        );
      });

      test("survives being cancelled while it opens, connects and closes", async () => {
        await expectNothingOf((subject) => openings(subject, new Weather(seed)));
      });

      test("a pool of one serves those who stay, when others go", async () => {
        await expectNothingOf((subject) => crowds(subject, new Weather(seed)));
      });

      test("pools in pools do not mix their answers", async () => {
        await expectNothingOf((subject) => nested(subject, new Weather(seed)));
      });

      test("gives everything back when main ends first, and when a signal ends main", async () => {
        const subject = make();
        await warmedUp();
        const before = held();
        const connected = await subject.connections();
        const reports: Report[] = [];
        const onReport = (report: Report): number => reports.push(report);
        await run(abandoned(subject, new Weather(seed)), { onReport });
        const signal = AbortSignal.timeout(15);
        await expect(run(abandoned(subject, new Weather(seed + 1)), { onReport, signal })).rejects.toThrow(/cancelled/);
        expect(reports).toEqual([]);
        expect(await eventuallyLeft(before)).toEqual([]);
        await expectConnections(subject.connections, connected);
      });
    });
  });
}
