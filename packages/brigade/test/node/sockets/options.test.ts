/** What connect and listen refuse to be told: at once, with words. */
import { sleep } from "brigade";
import { connect, listen } from "brigade/node";
import { describe, expect, test } from "vitest";

const nothing = () => sleep(0);

describe("connect refuses", () => {
  test.each<[unknown, string]>([
    [undefined, "connect takes an object, such as { port: 8080 }, not undefined"],
    ["localhost:80", "connect takes an object"],
    [{ host: "a" }, "connect: it needs a port, or the path of a Unix socket"],
    [{ port: 0 }, "connect: port is 0; it has to be a whole number from 1 to 65535"],
    [{ port: 65_536 }, "from 1 to 65535"],
    [{ port: "80" }, "connect: port is 80; it has to be a whole number"],
    [{ port: 80, host: "" }, "connect: host is a name or an address"],
    [{ path: "" }, "connect: path is the path of a Unix socket"],
    [{ path: "/a", port: 80 }, "connect: give it a path, or a host and a port, not both"],
    [{ port: 80, family: 5 }, "connect: family is 5; it is 4 or 6"],
    [{ port: 80, lookup: {} }, "connect: lookup is a function of the host name, not [object Object]"],
    [{ port: 80, limit: 0 }, "connect: limit is 0; it has to be a whole number ≥ 1"],
    [{ port: 80, highWaterMark: 1.5 }, "connect: highWaterMark is 1.5"],
    [{ port: 80, localPort: -1 }, "connect: localPort is -1; it has to be a whole number from 0 to 65535"],
    [{ port: 80, timeout: -1 }, "is not a duration"],
    [{ port: 80, attemptDelay: "soon" }, "is not a duration"],
    [{ port: 80, keepAlive: "1d" }, "is not a duration"],
  ])("%j", (options, words) => {
    expect(() => connect(options as never)).toThrow(words);
  });
});

describe("listen refuses", () => {
  test.each<[unknown, string]>([
    [5, "listen takes an object"],
    [{ port: -1 }, "listen: port is -1; it has to be a whole number from 0 to 65535"],
    [{ path: "/a", host: "b" }, "listen: give it a path, or a host and a port, not both"],
    [{ maxConnections: 0 }, "listen: maxConnections is 0; it has to be a whole number ≥ 1"],
    [{ queue: -1 }, "listen: queue is -1; it has to be a whole number ≥ 0"],
    [{ backlog: 0 }, "listen: backlog is 0"],
    [{ grace: Number.NaN }, "is not a duration"],
    [{ onError: "log" }, "listen: onError is a function, not log"],
  ])("%j", (options, words) => {
    expect(() => listen(options as never, nothing)).toThrow(words);
  });

  test("a handler that is no function", () => {
    expect(() => listen({ port: 0 }, nothing() as never)).toThrow("listen takes a function of the connection, not");
  });
});
