/** Who waits for whom, as a graph of tasks and resources: a task points at what it waits for, a resource at its holders. */

/** What is known of one task that has not ended. */
export interface Waiting {
  readonly id: number;
  readonly name: string;
  /** Numbers of the resources that it has acquired and not given back. */
  readonly holds: readonly number[];
  /** One of these ends its wait, or all of `tasks`. Not there: it runs, or nobody knows who will wake it. */
  readonly waitsFor?: { readonly task?: number; readonly tasks?: readonly number[]; readonly resource?: number };
  /** Something else than what it waits for may end its wait: a timeout around it. */
  readonly timed?: boolean;
}

const NONE: readonly number[] = [];

/** A node is a number: tasks come first, in the order given. */
export class WaitGraph {
  readonly tasks: readonly Waiting[];
  readonly #resources: number[] = []; // by node, less the tasks
  readonly #to: number[][] = []; // by node
  readonly #from: number[][] = []; // the same arrows, backwards
  readonly #free = new Set<number>(); // tasks that wait for one that is not among these: it goes on, as far as anybody knows

  constructor(tasks: Iterable<Waiting>) {
    this.tasks = [...tasks];
    const nodeOfTask = new Map<number, number>();
    const nodeOfResource = new Map<number, number>();
    for (const [node, { id }] of this.tasks.entries()) nodeOfTask.set(id, node);
    const resourceNode = (resource: number): number => {
      let node = nodeOfResource.get(resource);
      if (node === undefined) {
        node = this.tasks.length + this.#resources.push(resource) - 1;
        nodeOfResource.set(resource, node);
      }
      return node;
    };
    for (const [node, { holds, waitsFor }] of this.tasks.entries()) {
      for (const resource of new Set(holds)) this.#add(resourceNode(resource), node);
      if (waitsFor === undefined) continue;
      if (waitsFor.resource !== undefined) this.#add(node, resourceNode(waitsFor.resource));
      for (const task of [waitsFor.task ?? NONE, waitsFor.tasks ?? NONE].flat()) {
        const target = nodeOfTask.get(task);
        if (target === undefined) this.#free.add(node);
        else this.#add(node, target);
      }
    }
  }

  get size(): number {
    return this.tasks.length + this.#resources.length;
  }

  task(node: number): Waiting | undefined {
    return this.tasks[node];
  }

  /** The number of the resource that the node stands for. */
  resource(node: number): number {
    return this.#resources[node - this.tasks.length] as number;
  }

  to(node: number): readonly number[] {
    return this.#to[node] ?? NONE;
  }

  from(node: number): readonly number[] {
    return this.#from[node] ?? NONE;
  }

  /** What can go on only when something else among these nodes does: by node, 1. */
  stuck(): Uint8Array {
    const stuck = new Uint8Array(this.size).fill(1);
    const alive: number[] = [];
    const lives = (node: number): void => {
      stuck[node] = 0;
      alive.push(node);
    };
    for (let node = 0; node < this.size; node++) if (this.#free.has(node) || this.to(node).length === 0) lives(node);
    for (let node = alive.pop(); node !== undefined; node = alive.pop()) {
      for (const waiter of this.from(node)) if (stuck[waiter] === 1) lives(waiter);
    }
    return stuck;
  }

  /**
   * The groups of stuck nodes in which each reaches each other one, by way of at least one arrow (Tarjan). Without a recursion:
   * tasks may wait for one another in a chain of any length.
   */
  *knots(stuck: Uint8Array): Generator<readonly number[], void> {
    const order = new Uint32Array(this.size); // 0: not seen yet
    const low = new Uint32Array(this.size);
    const next = new Uint32Array(this.size); // which arrow is followed next
    const open = new Uint8Array(this.size);
    const path: number[] = [];
    const stack: number[] = [];
    let seen = 0;
    for (let start = 0; start < this.size; start++) {
      if (stuck[start] === 0 || order[start] !== 0) continue;
      path.push(start);
      while (path.length > 0) {
        const node = path.at(-1) as number;
        if (order[node] === 0) {
          order[node] = low[node] = ++seen;
          stack.push(node);
          open[node] = 1;
        }
        const target = this.to(node)[next[node] as number];
        if (target !== undefined) {
          next[node] = (next[node] as number) + 1;
          if (stuck[target] === 0) continue;
          if (order[target] === 0) path.push(target);
          else if (open[target] === 1) low[node] = Math.min(low[node] as number, order[target] as number);
          continue;
        }
        path.pop();
        const caller = path.at(-1);
        if (caller !== undefined) low[caller] = Math.min(low[caller] as number, low[node] as number);
        if (low[node] !== order[node]) continue;
        const knot = stack.splice(stack.lastIndexOf(node));
        for (const member of knot) open[member] = 0;
        if (knot.length > 1 || this.to(node).includes(node)) yield knot;
      }
    }
  }

  /** A shortest way from the node back to itself, within the knot that it belongs to. */
  circle(start: number, knot: ReadonlySet<number>): number[] {
    const before = new Map<number, number>();
    let reached = [start];
    while (!before.has(start)) {
      const further: number[] = [];
      for (const node of reached) {
        for (const target of this.to(node)) {
          if (!knot.has(target) || before.has(target)) continue;
          before.set(target, node);
          further.push(target);
        }
      }
      reached = further;
    }
    const circle: number[] = [];
    for (let node = before.get(start) as number; node !== start; node = before.get(node) as number) circle.push(node);
    return [start, ...circle.reverse()];
  }

  /** The stuck tasks from which one of the nodes is reached, whatever timeouts do, and which `told` has not; it has them then. */
  waiters(nodes: Iterable<number>, stuck: Uint8Array, told: Set<number>): Waiting[] {
    const found: Waiting[] = [];
    const ways = [...nodes];
    for (let node = ways.pop(); node !== undefined; node = ways.pop()) {
      for (const waiter of this.from(node)) {
        if (stuck[waiter] === 0 || told.has(waiter)) continue;
        const task = this.task(waiter);
        if (task?.timed) continue;
        told.add(waiter);
        ways.push(waiter);
        if (task) found.push(task);
      }
    }
    return found.sort((a, b) => a.id - b.id);
  }

  #add(node: number, target: number): void {
    (this.#to[node] ??= []).push(target);
    (this.#from[target] ??= []).push(node);
  }
}
