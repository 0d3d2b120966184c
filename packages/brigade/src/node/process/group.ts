/**
 * A process and what it started, as what signals are sent to: its process group. The number of a group is not given to
 * anybody else while the group has members, or its leader has not been reaped; after that no signal goes to it.
 */
import { readdirSync, readFileSync } from "node:fs";

type Answer =
  | "sent"
  | "nobody" // there is nobody to send it to
  | "denied"; // by the system: it runs as another user

export class ProcessGroup {
  readonly #leader: number;
  readonly #own: boolean; // false: the process stands in a group of others, and is signalled alone
  #state: "led" | "orphaned" | "gone" = "led"; // orphaned: the leader was reaped, what it started is left

  constructor(leader: number, own: boolean) {
    this.#leader = leader;
    this.#own = own;
  }

  /** The leader was reaped this very moment: nobody has taken its number yet. */
  leaderReaped(): void {
    const anybodyLeft = this.#own && kill(-this.#leader, 0) !== "nobody";
    this.#state = anybodyLeft ? "orphaned" : "gone";
  }

  /** Whether anybody is left; with those that are dead and were not reaped not counted, where the system tells. */
  get alive(): boolean {
    return this.#ask(0) === "sent" && (this.#state === "led" || haveLivingMember(this.#leader));
  }

  send(signal: NodeJS.Signals | number): Answer {
    if (this.#state === "orphaned" && !this.alive) return "nobody"; // the dead would take it, too
    return this.#ask(signal);
  }

  #ask(signal: NodeJS.Signals | number): Answer {
    // A process that has the leader's number after the leader was reaped can only have got it once the group was empty.
    if (this.#state === "orphaned" && exists(this.#leader)) this.#state = "gone";
    if (this.#state === "gone") return "nobody";
    const answer = kill(this.#own ? -this.#leader : this.#leader, signal);
    if (answer === "nobody" && this.#state === "orphaned") this.#state = "gone";
    return answer;
  }
}

function exists(pid: number): boolean {
  return kill(pid, 0) !== "nobody";
}

function kill(pid: number, signal: NodeJS.Signals | number): Answer {
  try {
    process.kill(pid, signal);
    return "sent";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return "nobody";
    if (code === "EPERM") return "denied";
    throw error; // an unknown signal
  }
}

const ZOMBIE = /^[ZX]$/;

/**
 * Linux, proc(5): whoever adopts orphans may be slow to reap them, or never do it. Elsewhere whoever has a number
 * counts as alive.
 */
function haveLivingMember(group: number): boolean {
  let numbers: string[];
  try {
    numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return true;
  }
  return numbers.length === 0 || numbers.some((number) => isLivingMember(number, group));
}

function isLivingMember(pid: string, group: number): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return false; // it has ended meanwhile
  }
  const [state = "", , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(itsGroup) === group && !ZOMBIE.test(state);
}
