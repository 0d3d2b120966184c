/**
 * Tasks that wait for one another in a circle, and those that wait for them. Only what is certain is told: a task that may be
 * woken by something that is not known here counts as one that goes on.
 */
import type { TaskRef, WaitCycle } from "./protocol.ts";
import { type Waiting, WaitGraph } from "./wait-graph.ts";

const MOST_CYCLES = 100;
const MOST_STUCK = 1_000;

/**
 * The circles among these tasks, at most 100; of those that share a task, one. `nameOf` names a resource: "lock `db`". Where
 * several hold a resource, whoever waits for it is stuck only if all of them are. Takes time in proportion to the number of
 * tasks and of what they hold.
 *
 * @example
 * ```ts
 * import { waitCycles } from "brigade/trace";
 *
 * const [cycle] = waitCycles(
 *   [
 *     { id: 1, name: "A", holds: [1], waitsFor: { resource: 2 } },
 *     { id: 2, name: "B", holds: [2], waitsFor: { resource: 1 } },
 *   ],
 *   (resource) => (resource === 1 ? "lock `db`" : "lock `cache`"),
 * );
 * console.log(cycle?.text);
 * ```
 */
export function waitCycles(tasks: Iterable<Waiting>, nameOf: (resource: number) => string): WaitCycle[] {
  const graph = new WaitGraph(tasks);
  const stuck = graph.stuck();
  const cycles: WaitCycle[] = [];
  const told = new Set<number>(); // nodes that a cycle tells of
  for (const knot of graph.knots(stuck)) {
    if (cycles.length === MOST_CYCLES) break;
    const first = knot.reduce((one, other) => Math.min(one, other)); // tasks have lower numbers than resources
    const circle = graph.circle(first, new Set(knot));
    for (const node of circle) told.add(node);
    const members = circle.map((node) => graph.task(node)).filter((task) => task !== undefined);
    const { timed } = members.find((task) => task.timed) ?? {};
    const waiters = timed ? [] : graph.waiters(circle, stuck, told);
    cycles.push({
      tasks: members.map(ref),
      text: sentence(graph, circle, nameOf),
      stuck: waiters.slice(0, MOST_STUCK).map(ref),
      others: waiters.length,
    });
  }
  return cycles;
}

function ref({ id, name }: Waiting): TaskRef {
  return { task: id, name };
}

/** "A holds lock `db` and waits for lock `cache`, held by B, which waits for `db`" */
function sentence(graph: WaitGraph, circle: readonly number[], nameOf: (resource: number) => string): string {
  const taskOf = (node: number): Waiting => graph.task(node) as Waiting;
  const first = taskOf(circle[0] as number);
  const last = circle.at(-1) as number;
  const closing = graph.task(last) === undefined ? nameOf(graph.resource(last)) : undefined;
  let text = closing === undefined ? `${first.name} waits for ` : `${first.name} holds ${closing} and waits for `;
  for (const node of circle.slice(1)) {
    const task = graph.task(node);
    if (task === undefined && node !== last) {
      const others = graph.to(node).length - 1;
      text += `${nameOf(graph.resource(node))}, held by ${others > 0 ? `${others} others and by ` : ""}`;
    } else if (task !== undefined) text += `${task.name}, which waits for `;
  }
  text += closing === undefined ? first.name : short(closing);
  const timed = circle.map((node) => graph.task(node)).find((task) => task?.timed);
  return timed === undefined ? text : `${text}, until a timeout around ${timed.name} ends it`;
}

/** "`db`" of "lock `db`". */
function short(resource: string): string {
  const tick = resource.indexOf("`");
  return tick < 0 ? resource : resource.slice(tick);
}
