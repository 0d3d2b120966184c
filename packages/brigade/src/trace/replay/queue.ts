/** What a replayed loop has before it: what is ready, in its order, and timers by time and the order they were set in. */

/** First in, first out: pairs of numbers. */
export class Ready {
  size = 0;
  #head = 0;
  #items: Int32Array = new Int32Array(2048);

  push(kind: number, value: number): void {
    if (this.size * 2 === this.#items.length) this.#grow();
    const at = (this.#head + this.size * 2) & (this.#items.length - 1);
    this.#items[at] = kind;
    this.#items[at + 1] = value;
    this.size++;
  }

  /** The kind of the first; its value is `value` until the next call. */
  shift(): number {
    const kind = this.#items[this.#head] as number;
    this.value = this.#items[this.#head + 1] as number;
    this.#head = (this.#head + 2) & (this.#items.length - 1);
    this.size--;
    return kind;
  }
  value = 0;

  #grow(): void {
    const larger = new Int32Array(this.#items.length * 2);
    const tail = this.#items.subarray(this.#head);
    larger.set(tail);
    larger.set(this.#items.subarray(0, this.#head), tail.length);
    this.#items = larger;
    this.#head = 0;
  }
}

/** A binary heap of timers: each wakes a task, if that still waits as it did (`epoch`). */
export class Alarms {
  size = 0;
  #when: Float64Array = new Float64Array(1024);
  #sequence: Float64Array = new Float64Array(1024);
  #task: Int32Array = new Int32Array(1024);
  #epoch: Int32Array = new Int32Array(1024);
  #set = 0;
  // What `take` took out.
  task = 0;
  epoch = 0;

  get earliest(): number {
    return this.size === 0 ? Infinity : (this.#when[0] as number);
  }

  set(when: number, task: number, epoch: number): void {
    if (this.size === this.#when.length) this.#grow();
    let at = this.size++;
    const sequence = this.#set++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(when, sequence, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, when, sequence, task, epoch);
  }

  take(): void {
    this.task = this.#task[0] as number;
    this.epoch = this.#epoch[0] as number;
    const last = --this.size;
    if (last === 0) return;
    const when = this.#when[last] as number;
    const sequence = this.#sequence[last] as number;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= last) break;
      if (
        child + 1 < last &&
        this.#before(this.#when[child + 1] as number, this.#sequence[child + 1] as number, child)
      ) {
        child++;
      }
      if (this.#before(when, sequence, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, when, sequence, this.#task[last] as number, this.#epoch[last] as number);
  }

  #before(when: number, sequence: number, other: number): boolean {
    const time = this.#when[other] as number;
    return when < time || (when === time && sequence < (this.#sequence[other] as number));
  }

  #move(from: number, to: number): void {
    this.#put(
      to,
      this.#when[from] as number,
      this.#sequence[from] as number,
      this.#task[from] as number,
      this.#epoch[from] as number,
    );
  }

  #put(at: number, when: number, sequence: number, task: number, epoch: number): void {
    this.#when[at] = when;
    this.#sequence[at] = sequence;
    this.#task[at] = task;
    this.#epoch[at] = epoch;
  }

  #grow(): void {
    const size = this.#when.length * 2;
    const when = new Float64Array(size);
    const sequence = new Float64Array(size);
    const task = new Int32Array(size);
    const epoch = new Int32Array(size);
    when.set(this.#when);
    sequence.set(this.#sequence);
    task.set(this.#task);
    epoch.set(this.#epoch);
    this.#when = when;
    this.#sequence = sequence;
    this.#task = task;
    this.#epoch = epoch;
  }
}
