/** Forgotten cancellation: a user logs out while a refresh of the session is under way, and the refresh logs in again. */
import { type Coroutine, coroutine, createTask, sleep, taskGroup } from "brigade";

/** Who is logged in, by token. */
type Sessions = Map<string, string>;
type Session = (sessions: Sessions, user: string) => Coroutine<void>;

const fetchToken = (user: string) => sleep(5, `token of ${user}`);

// Wrong: a flag that is looked at now and then does not stop what is under way.
const sessionWithFlag: Session = coroutine(function* session(sessions, user) {
  let loggedOut = false;
  const refresh = coroutine(function* () {
    for (;;) {
      yield* sleep(10);
      if (loggedOut) return;
      sessions.set(user, yield* fetchToken(user));
    }
  });
  createTask(refresh(), { name: "refresh" });
  yield* sleep(25); // the user reads the news
  loggedOut = true;
  sessions.delete(user);
});

/** The refreshing belongs to a group: when the session is left, it has ended. */
const sessionWithGroup: Session = coroutine(function* session(sessions, user) {
  const refresh = coroutine(function* () {
    for (;;) {
      yield* sleep(10);
      sessions.set(user, yield* fetchToken(user));
    }
  });
  yield* taskGroup(function* (group) {
    group.createTask(refresh(), { name: "refresh" });
    yield* sleep(25);
    group.cancelChildren();
  });
  sessions.delete(user);
});

const visit = coroutine(function* visit(session: Session) {
  const sessions: Sessions = new Map();
  yield* session(sessions, "Ada");
  yield* sleep(60); // later that day
  if (sessions.has("Ada")) throw new Error("Ada logged out, and is logged in again");
});

export const broken = (): Coroutine<void> => visit(sessionWithFlag);
export const fixed = (): Coroutine<void> => visit(sessionWithGroup);
