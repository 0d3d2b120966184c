/** The commands that wait on the server: where their timeout stands, and what puts back what they took. */

/** A command with its arguments. */
export type Command = readonly [name: string, args: unknown[]];

interface Form {
  /** Where the timeout stands; undefined when this call does not wait. */
  timeoutAt(args: readonly unknown[]): number | undefined;
  readonly unit: 1 | 1000; // milliseconds
  /** What puts back what the answer says was taken; undefined when nothing was taken. `key` gives a key as it was asked for. */
  putBack?(args: readonly unknown[], answer: unknown[], key: (answered: unknown) => unknown): Command;
}

const last = (args: readonly unknown[]): number => args.length - 1;
const first = (): number => 0;
const afterBlock = (args: readonly unknown[]): number | undefined => {
  const at = args.findIndex((arg) => typeof arg === "string" && arg.toUpperCase() === "BLOCK");
  return at === -1 ? undefined : at + 1;
};

/** An element that was moved is taken from where it went, if it is still there, and goes where it was. */
const MOVE_BACK = `
if redis.call('LREM', KEYS[2], ARGV[3] == 'LEFT' and 1 or -1, ARGV[1]) == 0 then return 0 end
redis.call(ARGV[2] == 'LEFT' and 'LPUSH' or 'RPUSH', KEYS[1], ARGV[1])
return 1`;

const moveBack = (source: unknown, target: unknown, element: unknown, from: unknown, to: unknown): Command => [
  "eval",
  [MOVE_BACK, 2, source, target, element, String(from).toUpperCase(), String(to).toUpperCase()],
];

const push = (side: unknown): string => (String(side).toUpperCase() === "LEFT" ? "lpush" : "rpush");

/** Members that somebody has added again meanwhile keep the score they were given. */
const addAgain = (key: unknown, pairs: readonly unknown[]): Command => {
  const args: unknown[] = [key, "NX"];
  for (let i = 0; i < pairs.length; i += 2) args.push(pairs[i + 1], pairs[i]);
  return ["zadd", args];
};

const sideOf = (args: readonly unknown[]): unknown => args[2 + Number(args[1])];

const popped = (side: string): Form => ({
  timeoutAt: last,
  unit: 1000,
  putBack: (_args, [at, element], key) => [push(side), [key(at), element]],
});

const zpopped: Form = {
  timeoutAt: last,
  unit: 1000,
  putBack: (_args, [at, ...pairs], key) => addAgain(key(at), pairs),
};

const FORMS: ReadonlyMap<string, Form> = /* @__PURE__ */ new Map<string, Form>([
  ["blpop", popped("LEFT")],
  ["brpop", popped("RIGHT")],
  [
    "blmove",
    {
      timeoutAt: last,
      unit: 1000,
      putBack: ([source, target, from, to], [element]) => moveBack(source, target, element, from, to),
    },
  ],
  [
    "brpoplpush",
    {
      timeoutAt: last,
      unit: 1000,
      putBack: ([source, target], [element]) => moveBack(source, target, element, "RIGHT", "LEFT"),
    },
  ],
  [
    "blmpop",
    {
      timeoutAt: first,
      unit: 1000,
      putBack: (args, [at, elements], key) => [push(sideOf(args)), [key(at), ...(elements as unknown[]).toReversed()]],
    },
  ],
  ["bzpopmin", zpopped],
  ["bzpopmax", zpopped],
  [
    "bzmpop",
    {
      timeoutAt: first,
      unit: 1000,
      putBack: (_args, [at, pairs], key) => addAgain(key(at), (pairs as unknown[]).flat()),
    },
  ],
  ["xread", { timeoutAt: afterBlock, unit: 1 }],
  ["xreadgroup", { timeoutAt: afterBlock, unit: 1 }], // what was taken is pending, and read again or claimed
]);

export const BLOCKING: readonly string[] = /* @__PURE__ */ [...FORMS.keys()];

export const BUFFER = "Buffer"; // ends the name of a command that answers in bytes

export function plainName(name: string): string {
  return name.endsWith(BUFFER) ? name.slice(0, -BUFFER.length) : name;
}

export function formOf(name: string): Form | undefined {
  return FORMS.get(plainName(name));
}

/** Whether the call waits on the server. */
export function blocks(name: string, args: readonly unknown[]): boolean {
  return formOf(name)?.timeoutAt(args.flat()) !== undefined;
}
