/**
 * Keeps one object of each hot class. V8 forgets a class's shape, and throws away the code it made for it, when a
 * collection finds no instance left: a program that was idle would begin slowly each time.
 */
const kept: object[] = [];

export function keepShape(example: object): void {
  kept.push(example);
}
