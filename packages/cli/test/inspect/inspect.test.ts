/** `brigade inspect`: who gets what, and how it ends. */
import { type AddressInfo, createServer } from "node:net";
import { request } from "node:http";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, sleep } from "brigade";
import { type Advice, type Hello, readTrace, recorder, type TaskPage } from "brigade/trace";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { busyProgram, Folder } from "../attach/watched.ts";
import { linesIn, Serving } from "./serving.ts";

// Real processes and sockets: no virtual time.

const soon = { timeout: 10_000 }; // on a busy machine

let folder: Folder;

beforeEach(() => {
  folder = new Folder();
});

afterEach(() => folder[Symbol.asyncDispose]());

/** A recorded program in a file. */
async function traceFile(name = "sample.brigade"): Promise<string> {
  const observer = recorder();
  await run(
    function* main() {
      yield* sleep(30);
      yield* sleep(30);
    },
    { observer },
  );
  const file = join(folder.path, name);
  writeFileSync(file, observer.bytes());
  return file;
}

describe("a trace", () => {
  test("is served as it stands on disk, with its advice, to whoever has the token", async () => {
    const file = await traceFile();
    await using serving = await Serving.start(folder.env, file);
    const about = await serving.ask("/api/about");
    expect(JSON.parse(about.body.toString())).toEqual({ kind: "file", title: "sample.brigade" });
    const trace = await serving.ask("/api/trace");
    expect(trace.body).toEqual(readFileSync(file));
    expect(trace.headers["content-length"]).toBe(String(trace.body.length));
    const advice = await serving.ask("/api/advice");
    expect(advice.status).toBe(200);
    expect(JSON.parse(advice.body.toString()) as Advice[]).toBeInstanceOf(Array);
    const [answer] = linesIn(await serving.call({ call: "stats" }));
    expect(answer?.error).toBe("sample.brigade is a trace: it has no program that can be asked");
  });

  test("that is none, or is not there, is one line and exit code 2", async () => {
    const file = join(folder.path, "picture.gif");
    writeFileSync(file, "GIF89a, and so on");
    const foreign = await folder.brigade("inspect", file);
    expect(foreign).toMatchObject({ exitCode: 2, stdout: "" });
    expect(foreign.stderr).toBe(`brigade inspect: ${file} is no trace of Brigade: byte 0 is not that of a trace\n`);
    const missing = await folder.brigade("inspect", "nothing.brigade");
    expect(missing).toMatchObject({ exitCode: 2, stdout: "" });
    expect(missing.stderr).toContain("there is no such file");
  });
});

describe("a request", () => {
  let serving: Serving;

  beforeEach(async () => {
    serving = await Serving.start(folder.env, await traceFile());
  });

  afterEach(() => serving[Symbol.asyncDispose]());

  test("for the page needs no token, and gets no data", async () => {
    const { status, body, headers } = await serving.ask("/", { token: false });
    expect(status).toBe(200);
    expect(body.toString()).toContain('<div id="page">');
    expect(body.toString()).not.toContain(serving.token);
    expect(headers["content-security-policy"]).toBe("frame-ancestors 'none'");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("for data without the token, or with another, is refused", async () => {
    const wrong = [`${serving.token}x`, serving.token.slice(1), serving.token.toLowerCase(), ""];
    for (const path of ["/api/about", "/api/trace", "/api/advice", "/api/nothing"]) {
      expect((await serving.ask(path, { token: false })).status).toBe(401);
      for (const token of wrong) {
        const headers = { authorization: `Bearer ${token}` };
        expect((await serving.ask(path, { token: false, headers })).status).toBe(401);
      }
    }
    expect((await serving.ask(`/api/about?token=${serving.token}`, { token: false })).status).toBe(401);
  });

  test("by another name that leads to this machine is refused, with the token too", async () => {
    for (const host of ["evil.example", "127.0.0.1:1", "127.0.0.1", `evil.example:${new URL(serving.origin).port}`]) {
      for (const path of ["/", "/api/about"]) expect((await serving.ask(path, { headers: { host } })).status).toBe(403);
    }
    const local = `localhost:${new URL(serving.origin).port}`;
    expect((await serving.ask("/api/about", { headers: { host: local } })).status).toBe(200);
  });

  test("from a page of another origin is refused, with the token too", async () => {
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1"]) {
      expect((await serving.ask("/api/about", { headers: { origin } })).status).toBe(403);
    }
    expect((await serving.ask("/api/about", { headers: { origin: serving.origin } })).status).toBe(200);
  });

  test("for what there is not, or in another way, says so", async () => {
    expect((await serving.ask("/../../etc/passwd")).status).toBe(404);
    expect((await serving.ask("/api/call")).status).toBe(404); // POST only
    expect((await serving.ask("/api/about", { method: "DELETE" })).status).toBe(404);
    expect((await serving.ask("/api/call", { method: "POST", body: "{}" })).status).toBe(415);
    const headers = { "content-type": "application/json" };
    for (const body of ["", "nonsense", "[]", "null", '{"id":1}']) {
      expect((await serving.ask("/api/call", { method: "POST", headers, body })).status).toBe(400);
    }
    expect((await serving.call({ call: "tasks", filter: "x".repeat(100_000) })).status).toBe(413);
    const chunked = { ...headers, "transfer-encoding": "chunked" };
    const body = `{"call":"tasks","filter":"${"x".repeat(100_000)}"}`;
    expect((await serving.ask("/api/call", { method: "POST", headers: chunked, body })).status).toBe(413);
    expect((await serving.ask("/api/about")).status).toBe(200); // it goes on
  });

  test("that is not read to its end holds nothing", async () => {
    const before = descriptors(serving.process.pid ?? 0);
    for (let i = 0; i < 20; i++) await leave(serving, "/api/trace");
    await expect.poll(() => descriptors(serving.process.pid ?? 0), soon).toBeLessThanOrEqual(before + 2);
  });
});

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Asks, and goes when the answer begins. */
async function leave({ origin, token }: Serving, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const asked = request(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.destroy();
      response.once("close", resolve);
    });
    asked.on("error", reject).end();
  });
}

describe("a program", () => {
  test("answers the page's calls, and gives its flight recorder as a trace", async () => {
    const { pid } = await folder.start();
    await using serving = await Serving.start(folder.env, String(pid));
    expect(JSON.parse((await serving.ask("/api/about")).body.toString())).toMatchObject({ chosen: String(pid) });
    const [hello] = linesIn(await serving.call({ call: "hello" }));
    expect(hello?.value).toMatchObject({ pid } satisfies Partial<Hello>);
    const [page] = linesIn(await serving.call({ call: "tasks", limit: 5 }));
    expect(page?.value).toMatchObject({ tasks: 104 } satisfies Partial<TaskPage>);
    const dump = linesIn(await serving.call({ call: "dump" }));
    expect(dump.map(({ piece }) => piece ?? "").join("")).toContain('task "idle 99"');
    const trace = await serving.ask("/api/trace");
    expect(readTrace(trace.body).count).toBeGreaterThan(100);
    expect((await serving.ask("/api/advice")).status).toBe(200);
    const [wrong] = linesIn(await serving.call({ call: "nonsense" }));
    expect(wrong?.error).toContain("nonsense");
  });

  test("that ends is gone for good, and the server stays", async () => {
    const { pid, process: child, ended } = await folder.start();
    await using serving = await Serving.start(folder.env, String(pid));
    expect((await serving.call({ call: "stats" })).status).toBe(200);
    child.kill("SIGKILL");
    await ended;
    await expect.poll(async () => (await serving.call({ call: "stats" })).status, soon).toBe(410);
    const after = await serving.call({ call: "stats" });
    expect(after.status).toBe(410);
    expect(after.body.toString()).toContain(`process ${pid} has ended`);
    expect((await serving.ask("/api/trace")).status).toBe(410);
    expect((await serving.ask("/")).status).toBe(200);
  });

  test("that does not exist, or can't be watched, is one line and exit code 1", async () => {
    const nobody = await folder.brigade("inspect", "4194303");
    expect(nobody).toMatchObject({ exitCode: 1, stdout: "", stderr: "brigade inspect: there is no process 4194303\n" });
  });

  test("is chosen from a list where none was named", async () => {
    const { pid } = await folder.start(busyProgram);
    await using serving = await Serving.start(folder.env);
    const about = JSON.parse((await serving.ask("/api/about")).body.toString()) as { programs: object[] };
    expect(about.programs).toEqual([{ id: String(pid), title: "main-0.mts" }]);
    expect((await serving.call({ call: "stats" })).status).toBe(400);
    expect((await serving.call({ call: "stats" }, `/api/call?program=${pid}`)).status).toBe(200);
    expect((await serving.call({ call: "stats" }, "/api/call?program=../1")).status).toBe(400);
  });

  test("is watched by brigade top at the address that was printed", async () => {
    const { pid } = await folder.start();
    await using serving = await Serving.start(folder.env, String(pid));
    const top = await folder.brigade("top", "--once", serving.address);
    expect(top.stderr).toBe("");
    expect(top.stdout).toContain("idle");
  });
});

describe("the server", () => {
  test("ends by SIGINT and SIGTERM with exit code 0, whatever is open", async () => {
    const file = await traceFile();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await using serving = await Serving.start(folder.env, file);
      const stalled = request(`${serving.origin}/api/trace`, { headers: { authorization: `Bearer ${serving.token}` } });
      stalled.on("error", () => {}); // its connection is cut
      stalled.end();
      await new Promise((resolve) => stalled.once("response", resolve));
      expect(await serving.end(signal)).toBe(0);
    }
  });

  test("whose port is taken says so", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const refused = await folder.brigade("inspect", await traceFile(), "--port", String(port));
    other.close();
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toBe(
      `brigade inspect: port ${port} is in use: leave --port out for a free one, or name another\n`,
    );
  });

  test("opens the browser by a file that only its user can read: no token stands in a command line", async () => {
    const seen = join(folder.path, "seen");
    writeFileSync(
      join(folder.path, "xdg-open"),
      `#!/bin/sh\nfile="\${1#file://}"\nls -l "$file" >"${seen}.new"\necho "$1" >>"${seen}.new"\ncat "$file" >>"${seen}.new"\nmv "${seen}.new" "${seen}"\n`,
      { mode: 0o755 },
    );
    const env = { ...folder.env, PATH: `${folder.path}:${process.env["PATH"] ?? ""}` };
    await using serving = await Serving.start(env, await traceFile(), "--open");
    await expect.poll(() => readdirSync(folder.path), soon).toContain("seen");
    const [rights, argument = "", ...html] = readFileSync(seen, "utf8").split("\n");
    expect(rights).toMatch(/^-rw-------/);
    expect(argument).not.toContain(serving.token);
    expect(html.join("\n")).toContain(serving.address);
    await serving.end("SIGTERM");
    expect(readdirSync(folder.path).filter((name) => name.startsWith("brigade-inspect-"))).toEqual([]);
  });
});
