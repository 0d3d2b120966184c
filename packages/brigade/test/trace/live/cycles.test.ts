/** Circles of tasks that wait for one another: found, told in a sentence, and never where something may still wake somebody. */
import { type Waiting, waitCycles } from "brigade/trace";
import { array, assert, integer, option, oneof, property, record, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";

const names: Readonly<Record<number, string>> = {
  101: "lock `db`",
  102: "lock `cache`",
  103: "semaphore `api`",
  104: "lock 104",
};
const nameOf = (resource: number): string => names[resource] ?? `resource ${resource}`;

type Edges = Omit<Waiting, "id" | "name">;

/** Tasks with the ids 1, 2, 3 … and the names A, B, C … */
function tasks(...edges: Partial<Edges>[]): Waiting[] {
  return edges.map((edge, index) => ({ id: index + 1, name: String.fromCharCode(65 + index), holds: [], ...edge }));
}

describe("the sentence", () => {
  test("two tasks that hold what the other waits for are named with what they hold", () => {
    const [cycle] = waitCycles(
      tasks({ holds: [101], waitsFor: { resource: 102 } }, { holds: [102], waitsFor: { resource: 101 } }),
      nameOf,
    );
    expect(cycle).toEqual({
      text: "A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`",
      tasks: [
        { task: 1, name: "A" },
        { task: 2, name: "B" },
      ],
      stuck: [],
      others: 0,
    });
  });

  test("three tasks in a circle are told one after the other", () => {
    const [cycle] = waitCycles(
      tasks(
        { holds: [101], waitsFor: { resource: 102 } },
        { holds: [102], waitsFor: { resource: 104 } },
        { holds: [104], waitsFor: { resource: 101 } },
      ),
      nameOf,
    );
    expect(cycle?.text).toBe(
      "A holds lock `db` and waits for lock `cache`, held by B, which waits for lock 104, held by C, which waits for `db`",
    );
  });

  test("tasks that await each other are a circle without anything held", () => {
    const [cycle] = waitCycles(tasks({ waitsFor: { task: 2 } }, { waitsFor: { task: 1 } }), nameOf);
    expect(cycle?.text).toBe("A waits for B, which waits for A");
  });

  test("a circle of a lock and an awaited task is told from the task that holds the lock", () => {
    const [cycle] = waitCycles(tasks({ holds: [101], waitsFor: { task: 2 } }, { waitsFor: { resource: 101 } }), nameOf);
    expect(cycle?.text).toBe("A holds lock `db` and waits for B, which waits for `db`");
  });

  test("a task that waits for the lock that it holds itself is a circle of one", () => {
    const [cycle] = waitCycles(tasks({ holds: [101], waitsFor: { resource: 101 } }), nameOf);
    expect(cycle?.text).toBe("A holds lock `db` and waits for `db`");
  });

  test("a semaphore whose permits are all with tasks that wait for it says how many hold it", () => {
    const [cycle] = waitCycles(
      tasks({ holds: [103], waitsFor: { resource: 103 } }, { holds: [103], waitsFor: { resource: 103 } }),
      nameOf,
    );
    expect(cycle?.text).toBe("A holds semaphore `api` and waits for `api`");
    expect(cycle?.stuck).toEqual([{ task: 2, name: "B" }]);
  });
});

describe("what is certain", () => {
  test("tasks that wait for one in the circle, however far away, can never be woken either", () => {
    const [cycle] = waitCycles(
      tasks(
        { holds: [101], waitsFor: { resource: 102 } },
        { holds: [102], waitsFor: { resource: 101 } },
        { waitsFor: { resource: 101 } },
        { waitsFor: { task: 3 } },
        {},
      ),
      nameOf,
    );
    expect(cycle?.stuck).toEqual([
      { task: 3, name: "C" },
      { task: 4, name: "D" },
    ]);
    expect(cycle?.others).toBe(2);
  });

  test("a semaphore that somebody holds who goes on makes no circle", () => {
    const all = tasks({ holds: [103], waitsFor: { resource: 103 } }, { holds: [103] });
    expect(waitCycles(all, nameOf)).toEqual([]);
  });

  test("a resource whose holder nobody knows makes no circle", () => {
    expect(waitCycles(tasks({ waitsFor: { resource: 102 } }, { waitsFor: { task: 1 } }), nameOf)).toEqual([]);
  });

  test("a task that waits for several is stuck only when all of them are", () => {
    const circle = [{ waitsFor: { task: 2 } }, { waitsFor: { task: 1 } }];
    const [stuck] = waitCycles(tasks(...circle, { waitsFor: { tasks: [1, 2] } }), nameOf);
    expect(stuck?.stuck).toEqual([{ task: 3, name: "C" }]);
    for (const other of [4, 5]) {
      const [alive] = waitCycles(tasks(...circle, { waitsFor: { tasks: [1, other] } }, {}), nameOf); // there is no fifth
      expect(alive?.stuck).toEqual([]);
    }
  });

  test("a circle that a timeout will end says so, and nobody counts as stuck because of it", () => {
    const [cycle] = waitCycles(
      tasks(
        { holds: [101], waitsFor: { resource: 102 } },
        { holds: [102], waitsFor: { resource: 101 }, timed: true },
        { waitsFor: { resource: 101 } },
      ),
      nameOf,
    );
    expect(cycle?.text).toMatch(/which waits for `db`, until a timeout around B ends it$/);
    expect(cycle).toMatchObject({ stuck: [], others: 0 });
  });

  test("who waits for a circle within a timeout is not stuck, nor is who waits for that one", () => {
    const [cycle] = waitCycles(
      tasks(
        { waitsFor: { task: 2 } },
        { waitsFor: { task: 1 } },
        { waitsFor: { task: 1 }, timed: true },
        { waitsFor: { task: 3 } },
      ),
      nameOf,
    );
    expect(cycle?.stuck).toEqual([]);
  });
});

test("separate circles are told apart, and each stuck task stands with one of them", () => {
  const cycles = waitCycles(
    tasks(
      { waitsFor: { task: 2 } },
      { waitsFor: { task: 1 } },
      { waitsFor: { task: 4 } },
      { waitsFor: { task: 3 } },
      { waitsFor: { task: 4 } },
    ),
    nameOf,
  );
  expect(cycles.map(({ text }) => text).sort()).toEqual([
    "A waits for B, which waits for A",
    "C waits for D, which waits for C",
  ]);
  expect(cycles.flatMap(({ stuck }) => stuck)).toEqual([{ task: 5, name: "E" }]);
});

test("a circle of 100,000 tasks, and 100,000 that wait for it, are found without a deep recursion", () => {
  const all: Waiting[] = [];
  for (let id = 1; id <= 100_000; id++) all.push({ id, name: "t", holds: [], waitsFor: { task: (id % 100_000) + 1 } });
  for (let id = 100_001; id <= 200_000; id++) all.push({ id, name: "t", holds: [], waitsFor: { task: 1 } });
  const [cycle] = waitCycles(all, nameOf);
  expect(cycle?.tasks).toHaveLength(100_000);
  expect(cycle?.others).toBe(100_000);
  expect(cycle?.stuck).toHaveLength(1_000);
});

test("of a thousand circles a hundred are told", () => {
  const all: Waiting[] = [];
  for (let id = 1; id <= 2_000; id += 2) {
    all.push({ id, name: "t", holds: [], waitsFor: { task: id + 1 } });
    all.push({ id: id + 1, name: "t", holds: [], waitsFor: { task: id } });
  }
  expect(waitCycles(all, nameOf)).toHaveLength(100);
});

/** The same by the definition: takes away who can go on, until nobody can. */
function stuckByDefinition(all: readonly Waiting[]): Set<number> {
  const stuck = new Set(all.map(({ id }) => id));
  const holders = (resource: number): number[] =>
    all.filter(({ holds }) => holds.includes(resource)).map(({ id }) => id);
  for (let before = -1; before !== stuck.size; ) {
    before = stuck.size;
    for (const { id, waitsFor } of all) {
      const { task, tasks: several = [], resource } = waitsFor ?? {};
      const wakers = [
        ...(task === undefined ? [] : [task]),
        ...several,
        ...(resource === undefined ? [] : holders(resource)),
      ];
      if (wakers.length === 0 || wakers.some((one) => !stuck.has(one))) stuck.delete(id);
    }
  }
  return stuck;
}

test("of random programs exactly those are told as stuck that can't go on by the definition", () => {
  const edges = record({
    holds: uniqueArray(integer({ min: 101, max: 104 }), { maxLength: 2 }),
    waitsFor: option(
      oneof(
        record({ task: integer({ min: 1, max: 8 }) }),
        record({ tasks: array(integer({ min: 1, max: 8 }), { maxLength: 3 }) }),
        record({ resource: integer({ min: 101, max: 104 }) }),
      ),
      { nil: undefined },
    ),
  });
  assert(
    property(array(edges, { minLength: 1, maxLength: 7 }), (drawn) => {
      const all = tasks(...(drawn as Partial<Edges>[]));
      const cycles = waitCycles(all, nameOf);
      const told = new Set(cycles.flatMap((cycle) => [...cycle.tasks, ...cycle.stuck]).map(({ task }) => task));
      expect(told).toEqual(stuckByDefinition(all));
      for (const { tasks: circle } of cycles) expect(new Set(circle).size).toBe(circle.length);
    }),
    { numRuns: 2_000 },
  );
});
