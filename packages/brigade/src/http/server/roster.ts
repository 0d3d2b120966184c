/**
 * Members in the order they came; each stands in one roster at most. The links are the members' own: a Set that is added
 * to and deleted from all the time keeps what has left it alive until the next full collection.
 */

export interface Member<T extends Member<T>> {
  roster: Roster<T> | undefined;
  before: T | undefined;
  after: T | undefined;
}

export class Roster<T extends Member<T>> implements Iterable<T> {
  size = 0;
  #first: T | undefined;
  #last: T | undefined;

  get first(): T | undefined {
    return this.#first;
  }

  add(member: T): void {
    member.roster = this;
    member.before = this.#last;
    if (this.#last) this.#last.after = member;
    else this.#first = member;
    this.#last = member;
    this.size++;
  }

  /** False when it did not stand here. */
  delete(member: T): boolean {
    if (member.roster !== this) return false;
    if (member.before) member.before.after = member.after;
    else this.#first = member.after;
    if (member.after) member.after.before = member.before;
    else this.#last = member.before;
    member.roster = member.before = member.after = undefined;
    this.size--;
    return true;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let member = this.#first; member; member = member.after) yield member;
  }
}
