/** Programs that run: one that was named, or all of the user's that can be watched. */
import type { Advice, CallRequest } from "brigade/trace";
import { attach, type ProcessTarget, programs } from "../attach/attach.ts";
import { AttachError, type Attached } from "../attach/attached.ts";
import { adviceOn } from "./advice.ts";
import { Calling } from "./calling.ts";
import { Refusal, type Subject, type TraceBytes } from "./subject.ts";

const GONE = 410;
const PATIENCE = 1_000; // ms for a program to say who it is
const MOST_FLIGHT_BYTES = 512 * 1_048_576;

export class ProgramsSubject implements Subject {
  readonly title: string;
  readonly #only: ProcessTarget | undefined;
  readonly #attached = new Map<string, Promise<Attached>>(); // stays after a program's end: its number may be another's then

  private constructor(only: ProcessTarget | undefined, title: string) {
    this.#only = only;
    this.title = title;
  }

  /** Throws AttachError where the one that was named can't be watched. */
  static async of(only: ProcessTarget | undefined): Promise<ProgramsSubject> {
    const subject = new ProgramsSubject(only, only === undefined ? "your programs" : `process ${idOf(only)}`);
    if (only !== undefined) await subject.#program(idOf(only));
    return subject;
  }

  async about(): Promise<object> {
    if (this.#only !== undefined) return { kind: "programs", programs: [], chosen: idOf(this.#only) };
    const rows = await Promise.all(programs().map((target) => describe(target)));
    return { kind: "programs", programs: rows };
  }

  async trace(id: string | undefined): Promise<TraceBytes> {
    const flight = await this.#flight(id);
    return { length: undefined, parts: flight };
  }

  async advice(id: string | undefined, signal: AbortSignal): Promise<readonly Advice[]> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of await this.#flight(id)) {
      size += part.length;
      if (size > MOST_FLIGHT_BYTES) throw new Refusal(502, "what the program's flight recorder sends has no end");
      parts.push(part);
    }
    return adviceOn(Buffer.concat(parts), signal);
  }

  async *call(id: string | undefined, { id: number, call, ...params }: CallRequest): AsyncGenerator<string, void> {
    const known = this.#known(id);
    // What comes in pieces has a way of its own: whoever takes them slowly delays nobody else.
    const isLong = call === "dump" || call === "flight";
    const program = isLong ? await attached(known) : await this.#program(known);
    const calling = new Calling(program, call, params);
    try {
      for await (const piece of calling) yield JSON.stringify({ id: number, piece });
      yield JSON.stringify({ id: number, value: calling.value });
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
      if (await hasEnded(program)) throw new Refusal(GONE, error.message);
      yield JSON.stringify({ id: number, error: error.message });
    } finally {
      if (isLong) await program[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#attached.values()) {
      const open = await program.catch(() => undefined);
      await open?.[Symbol.asyncDispose]();
    }
  }

  async #flight(id: string | undefined): Promise<AsyncGenerator<Uint8Array, void>> {
    const program = await attached(this.#known(id));
    return flightOf(program);
  }

  #known(id: string | undefined): string {
    if (this.#only !== undefined) return idOf(this.#only);
    if (id !== undefined && /^\d{1,10}(\.\d{1,10})?$/.test(id)) return id;
    throw new Refusal(400, "which program? name it, as in /api/call?program=1234");
  }

  #program(id: string): Promise<Attached> {
    const known = this.#attached.get(id);
    if (known !== undefined) return known;
    const program = attached(id);
    this.#attached.set(id, program);
    void program.catch(() => this.#attached.delete(id));
    return program;
  }
}

async function attached(id: string): Promise<Attached> {
  try {
    return await attach(targetOf(id));
  } catch (error) {
    if (error instanceof AttachError && /has ended|no process/.test(error.message))
      throw new Refusal(GONE, error.message);
    throw error;
  }
}

async function* flightOf(program: Attached): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const piece of new Calling(program, "flight", {})) yield Buffer.from(piece, "base64");
  } finally {
    await program[Symbol.asyncDispose]();
  }
}

async function hasEnded(program: Attached): Promise<boolean> {
  return Promise.race([program.ended.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))]);
}

function idOf({ pid, thread }: ProcessTarget): string {
  return thread === 0 ? String(pid) : `${pid}.${thread}`;
}

function targetOf(id: string): ProcessTarget {
  const [pid, thread = "0"] = id.split(".");
  return { pid: Number(pid), thread: Number(thread) };
}

/** What the page lists. A program that is busy is listed by its number. */
async function describe(target: ProcessTarget): Promise<object> {
  const id = idOf(target);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await using program = await attach(target);
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE);
    });
    const hello = await Promise.race([program.call("hello", {}), late]);
    return { id, title: hello?.title ?? "(busy)" };
  } catch {
    return { id, title: "(it has ended)" };
  } finally {
    clearTimeout(timer);
  }
}
