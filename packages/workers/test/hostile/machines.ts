/** Two machines on this one: network namespaces with a cable between them that can be cut. They end with the program that made them. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";

export interface MachineSpawnOptions extends SpawnOptions {
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A network of its own: nothing in it can reach this machine's, nor the other way round. Files are shared. */
export interface Machine {
  readonly address: string;
  /** What stands before a command that runs there. */
  readonly prefix: readonly string[];
  /** Starts a program there, as another user if asked to, and takes it down with the machine. */
  spawn(command: string, args: readonly string[], options?: MachineSpawnOptions): ChildProcess;
}

export interface Machines extends AsyncDisposable {
  readonly left: Machine;
  readonly right: Machine;
  /** Pulls the cable: from here on what is sent is lost, and nobody is told. */
  cut(): void;
  mend(): void;
}

const isRoot = process.getuid?.() === 0;

function tool(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}

/** Why this machine can't hold others, if it can't. */
export const whyNoMachines: string | undefined = ((): string | undefined => {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  for (const command of ["ip", "nsenter", "setpriv", "unshare"]) {
    if (spawnSync(command, ["--version"]).error !== undefined && spawnSync(command, ["-V"]).error !== undefined) {
      return `the program ${command} is missing (Debian: iproute2, util-linux)`;
    }
  }
  // As it will be done: a namespace, and a cable in it.
  const cable = "ip link add probe0 type veth peer name probe1";
  const { status, stderr } = spawnSync("unshare", [isRoot ? "-n" : "-rn", "sh", "-c", cable], { encoding: "utf8" });
  return status === 0 ? undefined : `this system forbids network namespaces: ${stderr.trim()}`;
})();

/** Resolves when the process has left the namespace of this one. */
async function apart(pid: number): Promise<void> {
  const own = readlinkSync("/proc/self/ns/net");
  for (;;) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== own) return;
    } catch (error) {
      throw new Error(`the process that holds a machine has ended`, { cause: error });
    }
    await new Promise((done) => setTimeout(done, 5));
  }
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Waits until the process is gone; what it wrote to pipes that others hold is of no interest. */
function gone(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (ended(child)) resolve();
    else child.once("exit", () => resolve());
  });
}

class Namespace implements Machine {
  readonly address: string;
  readonly pid: number;
  readonly prefix: readonly string[];
  readonly #holder: ChildProcess;
  readonly #children = new Set<ChildProcess>();

  private constructor(address: string, holder: ChildProcess, pid: number) {
    this.address = address;
    this.#holder = holder;
    this.pid = pid;
    this.prefix = ["nsenter", "-t", String(pid), ...(isRoot ? [] : ["-U", "--preserve-credentials"]), "-n"];
  }

  /** Held by a `cat` that ends with its input, so by this process's end at the latest. */
  static async create(address: string, within?: Namespace): Promise<Namespace> {
    const unshare = isRoot || within !== undefined ? ["unshare", "-n", "cat"] : ["unshare", "-rn", "cat"];
    const [command = "", ...args] = isRoot ? unshare : [...(within?.prefix ?? []), ...unshare];
    const holder = spawn(command, args, { stdio: ["pipe", "ignore", "inherit"] });
    const { pid } = holder;
    if (pid === undefined) throw new Error(`${command} can't be started`);
    // The namespace it starts in, when it starts in another's, differs from this one from the start.
    if (within !== undefined && !isRoot) await new Promise((done) => setTimeout(done, 200));
    await apart(pid);
    return new Namespace(address, holder, pid);
  }

  spawn(command: string, args: readonly string[], options: MachineSpawnOptions = {}): ChildProcess {
    const { user, ...others } = options;
    const as = user && [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
    const [enter = "", ...rest] = [...this.prefix, "setpriv", "--pdeathsig=KILL", ...(as ?? []), command, ...args];
    const child = spawn(enter, rest, others);
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  ip(...args: readonly string[]): void {
    const [enter = "", ...rest] = [...this.prefix, "ip", ...args];
    tool(enter, rest);
  }

  async end(): Promise<void> {
    const children = [...this.#children];
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map((child) => gone(child)));
    this.#holder.stdin?.end();
    await gone(this.#holder);
  }
}

class Pair implements Machines {
  readonly left: Namespace;
  readonly right: Namespace;

  constructor(left: Namespace, right: Namespace) {
    this.left = left;
    this.right = right;
  }

  connect(): void {
    const { left, right } = this;
    left.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", String(right.pid));
    for (const machine of [left, right]) {
      machine.ip("address", "add", `${machine.address}/24`, "dev", "cable");
      machine.ip("link", "set", "lo", "up");
      machine.ip("link", "set", "cable", "up");
    }
  }

  cut(): void {
    this.left.ip("link", "set", "cable", "down");
  }

  mend(): void {
    this.left.ip("link", "set", "cable", "up");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.left.end(), this.right.end()]);
  }
}

/** Two machines, 10.77.0.1 and 10.77.0.2. Both go, with what runs on them, when this is disposed or this program ends. */
export async function machines(): Promise<Machines> {
  const left = await Namespace.create("10.77.0.1");
  const pair = new Pair(left, await Namespace.create("10.77.0.2", left));
  pair.connect();
  return pair;
}
