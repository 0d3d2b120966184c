/** In a worker: takes calls, one at a time, runs the functions of the module, and answers. */
import { cloneError } from "./clone-fault.ts";
import { onTheWire } from "./errors-on-the-wire.ts";
import { isCoroutine, isStreamed, type ItemSource, runCoroutine, sourceOf } from "./item-source.ts";
import { CALL, CANCEL, CLOSE, DONE, END, ERROR, ITEM, PULL, type ToWorker, VALUE } from "./messages.ts";
import { movedWith } from "./transfer.ts";
import { RunningCall, runningCall, setRunningCall } from "./worker-call.ts";
import type { WorkerPort } from "./worker-port.ts";

type Functions = Readonly<Record<string, unknown>>;
type Callable = (...args: readonly unknown[]) => unknown;

export class Serving {
  readonly #port: WorkerPort;
  readonly #functions: Functions;
  readonly #hear: () => void;
  #stream: ServedStream | undefined; // of the running call
  #closing = false; // the stream is not wanted any more, and has not begun

  constructor(port: WorkerPort, functions: Functions) {
    this.#port = port;
    this.#functions = functions;
    this.#hear = () => port.hear();
  }

  take(message: ToWorker): void {
    if (message[0] === CALL) return this.#begin(message[1], message[2], message[3], message[4]);
    if (message[0] === END) return this.#port.leave();
    // What is said of a call that has ended crossed its answer on the way.
    if (runningCall?.id !== message[1]) return;
    if (message[0] === CANCEL) runningCall.cancel(message[2]);
    else if (message[0] === PULL) this.#stream?.pull(message[2]);
    else if (message[0] === CLOSE) this.#close(runningCall);
  }

  #begin(id: number, name: string, args: readonly unknown[], credit: number): void {
    const call = new RunningCall(id, this.#hear);
    setRunningCall(call);
    this.#closing = false;
    try {
      const gave = this.#function(name)(...args);
      if (isCoroutine(gave)) this.#settle(call, runCoroutine(gave, call), name, credit);
      else if (isThenable(gave)) this.#settle(call, gave, name, credit);
      else this.#gave(call, gave, name, credit);
    } catch (error) {
      this.#failed(call, error);
    }
  }

  #function(name: string): Callable {
    const value = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (typeof value === "function") return value as Callable;
    const names = Object.keys(this.#functions).filter((key) => typeof this.#functions[key] === "function");
    const has = names.length === 0 ? "it exports no function" : `its functions are ${names.join(", ")}`;
    throw new TypeError(`the module of the pool has no function "${name}": ${has}`);
  }

  #settle(call: RunningCall, promise: PromiseLike<unknown>, name: string, credit: number): void {
    promise.then(
      (value) => this.#settled(call, () => this.#gave(call, value, name, credit)),
      (error: unknown) => this.#settled(call, () => this.#failed(call, error)),
    );
  }

  #settled(call: RunningCall, answer: () => void): void {
    try {
      answer();
    } catch (error) {
      this.#failed(call, error);
    }
    this.#port.linger?.();
  }

  /** The function has given this. */
  #gave(call: RunningCall, value: unknown, name: string, credit: number): void {
    if (credit === 0) return this.#answer(call, value, name);
    const source = sourceOf(value, name, call);
    this.#stream = new ServedStream(call, source, credit, {
      item: (item) => this.#send([ITEM, call.id, item], item, `an item of "${name}"`),
      done: () => this.#done(call),
      failed: (error) => this.#failed(call, error),
    });
    if (this.#closing) this.#stream.close();
    this.#stream.pump();
  }

  #answer(call: RunningCall, value: unknown, name: string): void {
    if (isStreamed(value)) {
      (value as Partial<Iterator<unknown>>).return?.();
      throw new TypeError(`pool.call: "${name}" gave a stream of items; use pool.stream to read it`);
    }
    this.#send([VALUE, call.id, value], value, `the result of "${name}"`);
    this.#over();
  }

  /** Throws `CloneError`. */
  #send(message: readonly [typeof VALUE | typeof ITEM, number, unknown], value: unknown, what: string): void {
    try {
      this.#port.post(message, movedWith(value));
    } catch (error) {
      throw cloneError(error, [value], [what], (part) => this.#port.clones(part));
    }
  }

  #failed(call: RunningCall, error: unknown): void {
    const answers = call.answers(error);
    try {
      this.#port.post([ERROR, call.id, onTheWire(error), answers]);
    } catch {
      this.#port.post([ERROR, call.id, onTheWire(error, (part) => this.#port.clones(part)), answers]);
    }
    this.#over();
  }

  #done(call: RunningCall): void {
    this.#port.post([DONE, call.id]);
    this.#over();
  }

  #over(): void {
    setRunningCall(undefined);
    this.#stream = undefined;
  }

  /** The reader has left. Whoever makes an item at this moment is told by the signal. */
  #close(call: RunningCall): void {
    this.#closing = true;
    if (this.#stream?.busy !== false) call.cancel("the stream was closed");
    this.#stream?.close();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

interface Reader {
  /** Throws for what can't be sent. */
  item(item: unknown): void;
  done(): void;
  failed(error: unknown): void;
}

/** Sends the items of a source, as many as the reader has asked for. */
class ServedStream {
  /** An item is being made, or the cleanup runs. */
  busy = false;
  readonly #call: RunningCall;
  readonly #source: ItemSource;
  readonly #reader: Reader;
  #credit: number; // items that may be sent
  #closing = false;

  constructor(call: RunningCall, source: ItemSource, credit: number, reader: Reader) {
    this.#call = call;
    this.#source = source;
    this.#credit = credit;
    this.#reader = reader;
  }

  pull(credit: number): void {
    this.#credit += credit;
    this.pump();
  }

  close(): void {
    this.#closing = true;
    this.pump();
  }

  pump(): void {
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.#credit > 0 && !this.#closing) {
        const next = this.#source.next();
        if (isThenable(next)) return this.#await(next);
        if (!this.#took(next)) return;
      }
    } catch (error) {
      return this.#broke(error);
    }
    if (this.#closing) this.#end();
    else this.busy = false;
  }

  #await(next: PromiseLike<IteratorResult<unknown, unknown>>): void {
    next.then(
      (result) => this.#goOn(result),
      (error: unknown) => this.#broke(error),
    );
  }

  #goOn(result: IteratorResult<unknown, unknown>): void {
    try {
      if (!this.#took(result)) return;
    } catch (error) {
      return this.#broke(error);
    }
    this.busy = false;
    this.pump();
  }

  /** False when that was the end. */
  #took(result: IteratorResult<unknown, unknown>): boolean {
    if (result.done) {
      this.#end();
      return false;
    }
    this.#credit--;
    this.#reader.item(result.value);
    return true;
  }

  #end(): void {
    this.#cleanUp(() => this.#reader.done());
  }

  #broke(error: unknown): void {
    if (this.#closing && this.#call.answers(error)) this.#end();
    else this.#cleanUp(() => this.#reader.failed(error));
  }

  #cleanUp(ended: () => void): void {
    const failed = (error: unknown): void => this.#reader.failed(error);
    try {
      const closing = this.#source.close();
      if (isThenable(closing)) closing.then(ended, failed);
      else ended();
    } catch (error) {
      failed(error);
    }
  }
}
