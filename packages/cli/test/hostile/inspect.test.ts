/** The server of `brigade inspect`, asked by those who should not, in ways that nobody should. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { TraceWriter } from "brigade/trace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeFileSync } from "node:fs";
import { descriptors } from "../../../brigade/test/node/left.ts";
import { Place, type Running } from "../run/place.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("the server of brigade inspect", () => {
  const place = new Place();
  let server: Running;
  let port = 0;
  let token = "";
  let printed = "";

  beforeAll(async () => {
    const parts: Uint8Array[] = [];
    const writer = new TraceWriter((bytes) => parts.push(bytes), { startedAt: 0 });
    writer.event(1, 0, 1, 0, writer.string("main"));
    writer.close();
    writeFileSync(`${place.path}/x.brigade`, Buffer.concat(parts));
    server = place.start(["inspect", "x.brigade"]);
    server.child.stdout?.on("data", (text) => (printed += String(text)));
    server.child.stderr?.on("data", (text) => (printed += String(text)));
    await server.says("http://");
    const [, found = "", secret = ""] =
      /http:\/\/(?:127\.0\.0\.1|localhost):(\d+)\/\S*?([\w-]{20,})/.exec(printed) ?? [];
    port = Number(found);
    token = secret;
    expect([port > 0, token.length >= 32], printed).toEqual([true, true]);
  }, 30_000);

  afterAll(async () => {
    server.child.kill("SIGINT");
    await server.ended;
    place[Symbol.dispose]();
  });

  function ask(
    path: string,
    headers: Readonly<Record<string, string>> = {},
    method = "GET",
    body?: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ agent: false, host: "127.0.0.1", port, path, method, headers }, (response) => {
        let text = "";
        response.setEncoding("latin1").on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        response.on("error", reject);
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  /** What only the token gives. */
  const data = ["/api/about", "/api/trace", "/api/advice"];
  const bearer = () => ({ authorization: `Bearer ${token}` });

  async function expectItAnswers(): Promise<void> {
    expect((await ask("/api/trace", bearer())).status).toBe(200);
  }

  test("gives the page, and nothing of the trace, to whoever does not know the token", async () => {
    const page = await ask("/");
    expect(page.status).toBe(200);
    expect(page.body).not.toContain(token);
    for (const path of data) {
      for (const headers of [
        {},
        { authorization: "Bearer " },
        { authorization: "Bearer x" },
        { authorization: `Bearer ${token}x` },
        { authorization: `Bearer ${token.slice(1)}` },
        { authorization: `Basic ${token}` },
        { cookie: `token=${token}` },
      ]) {
        const { status, body } = await ask(path, headers);
        expect([status, body.includes(token)], `${path} ${JSON.stringify(headers)}`).toEqual([401, false]);
      }
      expect((await ask(`${path}?token=${token}`)).status, "an address gets into histories and logs").toBe(401);
    }
    await expectItAnswers();
  });

  test("answers to its own name alone: a page that leads a name of its own here gets nothing", async () => {
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      `127.0.0.1.evil.example:${port}`,
      `[::1]:${port}`,
    ]) {
      for (const path of ["/", ...data]) {
        const { status, body } = await ask(path, { ...bearer(), host });
        expect([status, body.includes("<html")], `${host} ${path}`).toEqual([403, false]);
      }
    }
  });

  test("allows no page from elsewhere to read an answer", async () => {
    for (const origin of [
      "http://evil.example",
      "null",
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port}.evil.example`,
    ]) {
      const { status, headers } = await ask("/api/about", { ...bearer(), origin });
      expect([status, headers["access-control-allow-origin"]], origin).toEqual([403, undefined]);
    }
    const before = await ask(
      "/api/call",
      { origin: "http://evil.example", "access-control-request-method": "POST" },
      "OPTIONS",
    );
    expect(before.status).toBeGreaterThanOrEqual(400);
    expect(before.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("says what a browser needs in order to keep others out", async () => {
    for (const { headers } of [await ask("/"), await ask("/api/about", bearer())]) {
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["cache-control"]).toContain("no-store");
      expect(String(headers["content-security-policy"])).toContain("frame-ancestors 'none'");
    }
  });

  test("gives no file but its trace, however the path is written", async () => {
    for (const path of [
      "/../../../etc/passwd",
      "/..%2f..%2fetc%2fpasswd",
      "/x.brigade",
      "//etc/passwd",
      "/api/trace/../../x.brigade",
      "/%00",
    ]) {
      const { status, body } = await ask(path, bearer());
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(body, path).not.toContain("root:x:0");
    }
    for (const path of ["http://evil.example/", "*", "/%", "/\\"]) {
      const answer = await ask(path, bearer()).catch((error: NodeJS.ErrnoException) => error);
      if ("body" in answer) expect(answer.body).not.toContain("root:x:0");
    }
    await expectItAnswers();
  });

  test("refuses calls that are none, too large, or of another kind, each with its status", async () => {
    const call = (body: string, type = "application/json") =>
      ask("/api/call", { ...bearer(), "content-type": type }, "POST", body);
    expect((await call("{}", "text/plain")).status).toBe(415);
    for (const body of ["", "{", "null", "[]", "5", '{"call":5}']) expect((await call(body)).status, body).toBe(400);
    for (const size of [100_000, 1_000_000]) {
      expect((await call(`{"call":"${"x".repeat(size)}"}`)).status, `${size} bytes`).toBe(413);
    }
    expect((await ask("/api/call", bearer())).status).toBe(404);
    await expectItAnswers();
  });

  test("is not hurt by bytes that are no request, nor by many that never end", async () => {
    const sockets = Array.from({ length: 200 }, (_, i) => {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.write(i % 2 === 0 ? "GET / HTTP/1.1\r\nHost: " : "\u0000\u0001\u0002 nonsense\r\n\r\n");
      return socket;
    });
    await expectItAnswers();
    for (const socket of sockets) socket.destroy();
    const left = () => descriptors(server.child.pid as number).filter((target) => target === "socket").length;
    for (let i = 0; i < 300 && left() > 10; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(left()).toBeLessThan(11);
    await expectItAnswers();
  });

  test("listens on this machine alone", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter((one) => !one.internal && one.family === "IPv4");
    for (const { address } of others) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(port, address);
        socket
          .on("connect", () => resolve("connected"))
          .on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      });
      expect(outcome, address).not.toBe("connected");
    }
  });

  test("ends at Ctrl-C although somebody is in the middle of a request", async () => {
    const own = place.start(["inspect", "x.brigade"]);
    let text = "";
    own.child.stdout?.on("data", (part) => (text += String(part)));
    own.child.stderr?.on("data", (part) => (text += String(part)));
    await own.says("http://");
    const socket = connect(Number(/:(\d+)\//.exec(text)?.[1]), "127.0.0.1").on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nHost: ");
    await new Promise((resolve) => socket.once("connect", resolve));
    own.child.kill("SIGINT");
    const { exitCode, stderr } = await own.ended;
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(/\n {4}at /);
    socket.destroy();
  });
});
