/** Finding the program that is meant: its socket, SIGUSR2 where that does no harm, and a line that says what to do otherwise. */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { attach } from "../../src/attach/attach.ts";
import { AttachError } from "../../src/attach/attached.ts";
import { linesOf } from "../../src/attach/lines.ts";
import { RemoteProgram } from "../../src/attach/remote-program.ts";
import { busyProgram, Folder } from "./watched.ts";

// Real processes and sockets: no virtual time.

let folder: Folder;

beforeEach(() => {
  folder = new Folder();
  vi.stubEnv("XDG_RUNTIME_DIR", folder.path);
  vi.stubEnv("TMPDIR", folder.path);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await folder[Symbol.asyncDispose]();
});

const main = (pid: number): { pid: number; thread: number } => ({ pid, thread: 0 });

describe("a process", () => {
  test("that was started to be watched is reached, and answers several calls at once", async () => {
    const { pid } = await folder.start();
    await using program = await attach(main(pid));
    const pieces: string[] = [];
    const [hello, { tasks }, cycles, dumped] = await Promise.all([
      program.call("hello", {}),
      program.call("tasks", {}),
      program.call("cycles", {}),
      program.call("dump", {}, (piece) => void pieces.push(piece)),
    ]);
    expect(hello.pid).toBe(pid);
    expect(tasks).toBe(104);
    expect(cycles).toHaveLength(1);
    expect(dumped.tasks).toBe(104);
    expect(pieces.join("")).toContain('task "idle 99"');
  });

  test("that listens for SIGUSR2 is asked by it to open its socket", async () => {
    const { pid } = await folder.start(busyProgram, {});
    await using program = await attach(main(pid));
    expect((await program.call("tasks", {})).tasks).toBe(104);
  });

  test("that would be ended by SIGUSR2 is not sent it", async () => {
    const { pid, process: node } = await folder.start('console.log("ready"); setInterval(() => {}, 1000);');
    await expect(attach(main(pid))).rejects.toThrow(
      `process ${pid} can't be watched, and does not listen for SIGUSR2: start it with BRIGADE_INSPECT=1 in its environment`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(node.signalCode).toBe(null);
  });

  test("that uses SIGUSR2 for something of its own, and is no JavaScript, is not sent it", async () => {
    const shell = spawn("sh", ["-c", "trap 'exit 9' USR2; echo ready; while :; do sleep 0.05; done"]);
    try {
      await new Promise((resolve) => shell.stdout.once("data", resolve));
      await expect(attach(main(shell.pid as number))).rejects.toThrow(/does not listen for SIGUSR2/);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(shell.exitCode).toBe(null);
    } finally {
      shell.kill("SIGKILL");
    }
  });

  test("that answers SIGUSR2 with nothing is given up after 2 s, with what may be the reason", async () => {
    const { pid } = await folder.start(
      'process.on("SIGUSR2", () => {}); console.log("ready"); setInterval(() => {}, 1000);',
    );
    await expect(attach(main(pid))).rejects.toThrow(
      /was asked by SIGUSR2 to let itself be watched, and has not for 2 s: .*BRIGADE_INSPECT=1/,
    );
  });

  test("that has ended is told to be none", async () => {
    const { pid, process: node, ended } = await folder.start();
    node.kill("SIGKILL");
    await ended;
    await expect(attach(main(pid))).rejects.toThrow(`there is no process ${pid}`);
  });

  test("that ends while it is watched rejects what is under way, and what comes after", async () => {
    const { pid, process: node } = await folder.start();
    await using program = await attach(main(pid));
    await program.call("hello", {});
    node.kill("SIGHUP"); // it is busy for a while
    await new Promise((resolve) => setTimeout(resolve, 100));
    const call = program.call("stats", {});
    node.kill("SIGKILL");
    await expect(call).rejects.toThrow(AttachError);
    await program.ended;
    await expect(program.call("stats", {})).rejects.toThrow(new RegExp(`^process ${pid} has (ended|gone)`));
  });

  test("whose number another one had, whose socket is left, is reached all the same", async () => {
    const { pid } = await folder.start(busyProgram, {});
    mkdirSync(join(folder.path, "brigade"), { mode: 0o700 });
    writeFileSync(join(folder.path, "brigade", `${pid}.sock`), "");
    await using program = await attach(main(pid));
    expect((await program.call("hello", {})).pid).toBe(pid);
  });

  test("of another user is told whose it is, and is not sent anything", async (context) => {
    context.skip(process.getuid?.() !== 0, "only root can be two users");
    const shell = spawn("sh", ["-c", "echo ready; exec sleep 60"], { uid: 65_534 });
    try {
      await new Promise((resolve) => shell.stdout.once("data", resolve));
      await expect(attach(main(shell.pid as number))).rejects.toThrow(
        `process ${shell.pid} belongs to user 65534, and only that user can watch it; you are user 0`,
      );
      expect(shell.exitCode).toBe(null);
    } finally {
      shell.kill("SIGKILL");
    }
  });
});

describe("an address", () => {
  /** Answers as `brigade inspect` does. */
  async function served(
    respond: (body: string, token: string | undefined) => [status: number, lines: string],
  ): Promise<AsyncDisposable & { readonly origin: string }> {
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        const [status, lines] = respond(body, request.headers.authorization);
        response.writeHead(status, { connection: "close" }).end(lines);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return {
      origin: `http://127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  test.for([["/?token=s3cret"], ["/#token=s3cret"]])(
    "with its token (%s) takes the same calls",
    async ([path = ""]) => {
      await using server = await served((body, token) => {
        const { call, id } = JSON.parse(body) as { call: string; id: number };
        if (call === "dump")
          return [200, `{"id":${id},"piece":"one "}\n{"id":${id},"piece":"tŵo"}\n{"id":${id},"value":{"tasks":2}}\n`];
        return [200, `{"id":${id},"value":{"title":"${token}"}}\n`];
      });
      await using program = await attach(new URL(server.origin + path));
      expect(await program.call("hello", {})).toEqual({ title: "Bearer s3cret" });
      let text = "";
      expect(await program.call("dump", {}, (piece) => void (text += piece))).toEqual({ tasks: 2 });
      expect(text).toBe("one tŵo");
    },
  );

  test("without a token is refused before anything is sent", () => {
    expect(() => new RemoteProgram(new URL("http://127.0.0.1:9/"))).toThrow(
      /there is no token in the address; copy it whole/,
    );
  });

  test("that refuses, breaks off, or is not there says so", async () => {
    await using server = await served((body) =>
      body.includes("hello")
        ? [403, ""]
        : body.includes("stats")
          ? [200, '{"id":0,"piece":"x"}\n']
          : [200, '{"id":0,"error":"the program has ended"}\n'],
    );
    const program = await attach(new URL(`${server.origin}/?token=x`));
    await expect(program.call("hello", {})).rejects.toThrow(/answers 403: the token is another one/);
    await expect(program.call("tasks", {})).rejects.toThrow(/: the program has ended$/);
    await expect(program.call("stats", {})).rejects.toThrow(/broke off its answer/);
    await program.ended;
    const gone = await served(() => [200, ""]);
    await gone[Symbol.asyncDispose]();
    const nobody = await attach(new URL(`${gone.origin}/?token=x`));
    await expect(nobody.call("hello", {})).rejects.toThrow(/does not answer: .*ECONNREFUSED/);
  });
});

test("lines come whole however their text is cut, and an unfinished one is none", async () => {
  async function* cut(): AsyncGenerator<string> {
    for (const character of "one\n\ntwo three\nrest") yield character;
    yield "\nfour\nfive\n";
  }
  const lines: string[] = [];
  for await (const line of linesOf(cut())) lines.push(line);
  expect(lines).toEqual(["one", "", "two three", "rest", "four", "five"]);
});
