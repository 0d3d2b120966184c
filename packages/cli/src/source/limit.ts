/** Where a file sets the limit that tasks stand in line for. */
import type { LimitAnswer, Resource } from "brigade/trace";
import type { SourceFile } from "./source-file.ts";
import { child, isIdentifier, list, type Node, nameOf, walk } from "./syntax.ts";

/** The one place that can have made the resource; undefined where there are several, or none. */
export function limitIn(file: SourceFile, path: string, resource: Resource, to: number): LimitAnswer | undefined {
  const found: Node[] = [];
  walk(file.program, (node) => {
    const number = numberOf(file, node, resource);
    if (number !== undefined && number["value"] === resource.capacity) found.push(number);
  });
  const [number, ...others] = found;
  if (number === undefined || others.length > 0) return undefined;
  const line = file.lineOf(number.start);
  const start = file.startOf(line);
  const text = file.text.slice(start, file.endOf(line));
  const code = text.slice(0, number.start - start) + String(to) + text.slice(number.end - start);
  return { file: path, line, endLine: line, code };
}

/** The number that the node limits such a resource by. */
function numberOf(file: SourceFile, node: Node, { kind, name }: Resource): Node | undefined {
  const args = list(node, "arguments");
  if (kind === "gather") {
    const gather = file.brigadeName("gather");
    const calls = node.type === "CallExpression" && gather !== undefined && isIdentifier(child(node, "callee"), gather);
    return calls ? literal(property(args[1], "limit")) : undefined;
  }
  if (node.type !== "NewExpression" || nameOf(child(node, "callee")) !== (file.brigadeName(kind) ?? kind))
    return undefined;
  const options = args.find(({ type }) => type === "ObjectExpression");
  if (property(options, "name")?.["value"] !== name) return undefined;
  const size = property(options, "maxSize");
  return literal(size ?? args[0]);
}

function property(object: Node | undefined, name: string): Node | undefined {
  const found = list(object, "properties").find((one) => nameOf(child(one, "key")) === name);
  return child(found, "value");
}

function literal(node: Node | undefined): Node | undefined {
  return node?.type === "Literal" && typeof node["value"] === "number" ? node : undefined;
}
