/** Whether the iterations of a loop need each other, and the lines that let them run at once. */
import type { AwaitPosition, LoopAnswer } from "brigade/trace";
import type { Effects } from "./effects.ts";
import { type Iteration, iterationOf } from "./iteration.ts";
import { common, declaredIn, type Uses } from "./names.ts";
import { isOrdering, isPause } from "./pause.ts";
import { pollsAt } from "./polls.ts";
import type { SourceFile } from "./source-file.ts";
import { awaitsIn, child, isFunction, type Node, walk } from "./syntax.ts";
import { loopLines } from "./write-loop.ts";

const LOOPS = new Set(["ForStatement", "ForOfStatement", "ForInStatement", "WhileStatement", "DoWhileStatement"]);

export function loopAt(file: SourceFile, effects: Effects, at: AwaitPosition, limit: number): LoopAnswer {
  const node = file.awaitAt(at.line, at.column);
  if (node === undefined) return answer(false, `there is no \`yield*\` in line ${at.line} any more`);
  const loop = loopAround(file, node);
  if (loop === undefined) return answer(true, `line ${at.line} stands in no loop`);
  const lines = { line: file.lineOf(loop.start), endLine: file.lineOf(loop.end) };
  const polls = pollsAt(file, loop, node);
  const why = polls ? "it waits for a condition" : refusal(file, effects, loop);
  if (why !== undefined) return { read: true, polls, independent: false, reasons: [why], ...lines };
  const reasons = ["the iterations then run in no order, and the first that fails cancels the others"];
  const written = loopLines(file, loop, limit);
  if (typeof written === "string")
    return { read: true, polls, independent: true, reasons: [...reasons, written], ...lines };
  const { code, imports, notes } = written;
  return { read: true, polls, independent: true, reasons: [...reasons, ...notes], ...lines, code, imports };
}

function answer(read: boolean, reason: string): LoopAnswer {
  return { read, polls: false, independent: false, reasons: [reason] };
}

/** The innermost loop around the await, in its own function, whose body or test it stands in. */
function loopAround(file: SourceFile, node: Node): Node | undefined {
  let below = node;
  for (const one of file.around(node)) {
    if (isFunction(one)) return undefined;
    // What a `for … of` goes over is awaited once.
    const once = below === child(one, "right") || below === child(one, "init");
    if (LOOPS.has(one.type) && !once) return one;
    below = one;
  }
  return undefined;
}

/** Why an iteration can't begin before the one before it has ended. */
function refusal(file: SourceFile, effects: Effects, loop: Node): string | undefined {
  const iteration = iterationOf(file, loop);
  if (typeof iteration === "string") return iteration;
  const body = child(loop, "body") as Node;
  const leaves = leaving(file, body);
  if (leaves !== undefined) return leaves;
  for (const one of awaitsIn(body)) {
    const line = file.lineOf(one.start);
    if (isPause(file, one)) return `line ${line} pauses on purpose between the iterations`;
    if (isOrdering(one)) return `line ${line} puts what tasks do in order`;
  }
  const own = new Set([...iteration.names, ...declaredIn(body)]);
  const { awaiting, rest } = parted(iteration);
  return carried(effects, own, awaiting, rest);
}

/** How the body leaves the loop, if it does. */
function leaving(file: SourceFile, body: Node): string | undefined {
  let why: string | undefined;
  walk(body, (node) => {
    if (isFunction(node)) return false;
    const inner = LOOPS.has(node.type) || node.type === "SwitchStatement";
    if (node.type === "ReturnStatement") why ??= `line ${file.lineOf(node.start)} returns out of the loop`;
    if (node.type === "BreakStatement" && (child(node, "label") || !insideLoop(file, node, body))) {
      why ??= `line ${file.lineOf(node.start)} leaves the loop`;
    }
    return inner || why === undefined;
  });
  return why;
}

/** Whether a loop or switch within the body takes the `break`. */
function insideLoop(file: SourceFile, node: Node, body: Node): boolean {
  for (const one of file.around(node)) {
    if (one === body) return false;
    if (LOOPS.has(one.type) || one.type === "SwitchStatement") return true;
  }
  return false;
}

/** What the last awaiting statement does with the result is done behind the await, like the rest. */
function parted({ awaiting, rest }: Iteration): Pick<Iteration, "awaiting" | "rest"> {
  const last = awaiting.at(-1) as Node;
  const [node, ...others] = awaitsIn(last);
  if (last.type !== "ExpressionStatement" || node === undefined || others.length > 0) return { awaiting, rest };
  return { awaiting: [...awaiting.slice(0, -1), child(node, "argument") as Node], rest: [last, ...rest] };
}

/** What one iteration leaves for another. */
function carried(
  effects: Effects,
  own: ReadonlySet<string>,
  awaiting: readonly Node[],
  rest: readonly Node[],
): string | undefined {
  const outer = (names: Iterable<string>): Set<string> => new Set([...names].filter((name) => !own.has(name)));
  const uses = awaiting.map((node) => effects.of(node));
  const reads = outer(uses.flatMap((one) => [...one.reads]));
  const written = outer(uses.flatMap((one) => [...one.writes]));
  // Adding to a collection that nobody in the loop looks into is no order that matters.
  const changed = common(written, reads);
  if (changed !== undefined && !isOnlyAddedTo(changed, uses))
    return `\`${changed}\` goes from one iteration to the next`;
  const after = outer(rest.flatMap((node) => [...effects.of(node).writes]));
  const needed = common(after, reads);
  return needed === undefined ? undefined : `\`${needed}\` goes from one iteration to the next`;
}

function isOnlyAddedTo(name: string, uses: readonly Uses[]): boolean {
  const methods = uses.flatMap((one) => [...(one.receivers.get(name) ?? [])]);
  const calls = uses.filter((one) => one.writes.has(name) || one.reads.has(name));
  return (
    methods.length > 0 &&
    methods.every((method) => method === "set" || method === "add") &&
    calls.every((one) => one.receivers.has(name))
  );
}
