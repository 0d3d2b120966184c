/**
 * The lighter Response that @hono/node-server puts in the place of the global one: with text or bytes it is sent at half
 * the cost. What `fetch` gives stays an instance of Response all the same.
 */

let light: object | undefined; // the prototype of node-server's class, once it stands in the global's place

/** Called when node-server has taken the global's place; `Native` stood there before. */
export function keepRecognising(Native: typeof Response): void {
  const Light = globalThis.Response;
  if (Light === Native) {
    light ??= Light.prototype; // somebody else's server has done it before
    return;
  }
  light = Light.prototype;
  const Recognising = class Response extends Light {
    static override [Symbol.hasInstance](value: unknown): boolean {
      const { prototype } = this === Recognising ? Native : this;
      return Object.prototype.isPrototypeOf.call(prototype, value as object);
    }
  };
  Object.defineProperty(globalThis, "Response", { value: Recognising }); // Deno's can't be assigned to
}

/** Whether node-server knows what is in it without reading its body. */
export function isLight(response: Response): boolean {
  return light !== undefined && Object.prototype.isPrototypeOf.call(light, response);
}
