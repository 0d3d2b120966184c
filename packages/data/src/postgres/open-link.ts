/** Opens a connection whole: socket, TLS, login. What is half open when that fails, or is cancelled, is closed. */
import type { Socket } from "node:net";
import { type Coroutine, type CoroutineBody, coroutine, getRunningLoop, timeout } from "brigade";
import { dial } from "./driver/dial.ts";
import type { Link } from "./driver/link.ts";
import { connectFailure } from "./failures.ts";
import type { Settings } from "./settings.ts";

export type Login = (socket: Socket) => Coroutine<Link>;

/** Throws `ConnectError`; ends within connectTimeout. */
export const openLink: (settings: Settings, login: Login) => Coroutine<Link> = coroutine(function* openLink(
  settings: Settings,
  login: Login,
): CoroutineBody<Link> {
  let socket: Socket | undefined;
  let opened = false;
  try {
    const link = yield* timeout(settings.connectTimeout, function* () {
      socket = yield* dial(settings);
      const began = getRunningLoop().time();
      const made = yield* login(socket);
      made.roundTrip = getRunningLoop().time() - began;
      return made;
    });
    opened = true;
    return link;
  } catch (error) {
    throw connectFailure(error, settings);
  } finally {
    if (!opened) socket?.destroy();
  }
});
